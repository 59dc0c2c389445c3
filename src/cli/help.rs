//! What the command line says about itself: examples, long help, completions and man pages.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::roff::{Roff, roman};

use super::{Cli, Status};
use crate::model::filter;

/// Writes the completions for a shell.
pub fn write_completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    // clap_complete panics where it can't write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "macvlens", &mut script);
    out.write_all(&script)
}

/// Writes the man page of the program, or of one of its commands.
pub fn write_man(command: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = command.and_then(|name| program.find_subcommand(name)).unwrap_or(&program);
    let sections = sections(page.get_name());
    let has_commands = page.has_subcommands();
    let man = clap_mangen::Man::new(page.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if has_commands {
        man.render_subcommands_section(out)?;
    }
    let mut roff = Roff::new();
    for (title, body) in sections {
        roff.control("SH", [title.to_uppercase().as_str()]);
        roff.control("nf", []).text([roman(body)]).control("fi", []);
    }
    roff.to_writer(out)
}

/// Examples by command.
pub(super) const EXAMPLES: [(&str, &[&str]); 17] = [
    (
        "macvlens",
        &[
            "sudo macvlens                       open the UI",
            "sudo macvlens show                  print the tree of parents and sub-interfaces",
            "sudo macvlens show mode:vepa        only sub-interfaces in vepa mode",
            "sudo macvlens watch                 print every change, as JSON lines",
            "macvlens lab                        a toy network to learn on, without root",
            "sudo macvlens set web/eth0 --mode private",
        ],
    ),
    (
        "show",
        &[
            "macvlens show                       the tree, by parent",
            "macvlens show --by namespace --all  every link of every namespace",
            "macvlens show -o table ip:10.0.0.0/24 '!mode:bridge'",
            "macvlens show -o json | jq '.namespaces[].links[] | select(.macvlan)'",
            "macvlens show -o dot | dot -Tsvg > macvlans.svg",
        ],
    ),
    (
        "watch",
        &[
            "macvlens watch                      macvlans and what they sit on",
            "macvlens watch --all | jq -c 'select(.event == \"link-gone\")'",
        ],
    ),
    (
        "reach",
        &[
            "macvlens reach web/eth0 db/eth0     does a ping from one to the other work, and why not",
            "macvlens reach web/eth0 parent:ens8     the host itself, through its own stack",
            "macvlens reach web/eth0 outside:ens8 -o json",
            "macvlens reach --matrix ens8 --hairpin on",
        ],
    ),
    (
        "probe",
        &[
            "macvlens probe web/eth0 db/eth0     frames there and back, beside the prediction",
            "macvlens probe web/eth0 parent:ens8 -o json | jq .agreed",
            "macvlens probe web/eth0 outside:ens8 --address 192.0.2.1",
        ],
    ),
    (
        "packets",
        &[
            "macvlens packets web/eth0           ARP, ND, ICMP, DHCP and all else, both ways",
            "macvlens packets ens8 --count 100 --write ens8.pcapng",
            "macvlens packets ens8 -o json | jq -c 'select(.protocol == \"arp\")'",
        ],
    ),
    (
        "export",
        &[
            "macvlens export --as docker net:vepamv  the network, by its name or id",
            "macvlens export --as podman web/eth0    a network that makes such an interface",
            "macvlens export --as cni net:docker/vepamv > /etc/cni/net.d/vepamv.conflist",
            "macvlens export --as networkd mv0",
        ],
    ),
    (
        "lab",
        &[
            "macvlens lab                        two sub-interfaces in each of three modes",
            "macvlens lab --lesson               the first lesson that plays in it",
            "macvlens lab --lesson host --play   a lesson that performs itself",
            "macvlens lab --list                 the other topologies",
            "macvlens lab passthru",
            "macvlens lab modes -- macvlens reach c1/eth0 c3/eth0",
            "macvlens lab modes -- ip netns exec c1 ping -c 1 10.0.0.12",
            "macvlens lab --print modes > mine.toml",
            "macvlens lab --file mine.toml",
        ],
    ),
    (
        "create",
        &[
            "macvlens create --parent ens8 --name mv0 --mode bridge --address 192.0.2.7/24 --up",
            "macvlens create --parent ens8 --name eth0 --netns web --mac 02:42:c0:a8:80:de",
            "macvlens create --parent ens8 --name tap0 --kind macvtap --mode passthru --flag nopromisc",
            "macvlens create --parent ens8 --name ens8.50 --kind vlan --vlan-id 50",
            "macvlens create --parent ens8 --name mv0 --dry-run | bash",
        ],
    ),
    (
        "delete",
        &[
            "macvlens delete mv0                 a link of the own namespace",
            "macvlens delete /run/netns/web/eth0 --yes",
        ],
    ),
    (
        "set",
        &[
            "macvlens set web/eth0 --mode source --flush-sources --add-source 02:00:00:00:00:01",
            "macvlens set mv0 --netns web --rename eth0 --add-address 192.0.2.7/24 --up",
            "macvlens set 4151/eth0 --mtu 1400   a link in the namespace of process 4151",
            "macvlens set mv0 --mac 02:42:c0:a8:80:de --confirm-within 60",
            "macvlens set mv0 --down --dry-run -o json | jq .impact",
        ],
    ),
    ("netns", &["macvlens netns add web", "macvlens netns delete web"]),
    ("netns add", &["macvlens netns add web"]),
    ("netns delete", &["macvlens netns delete web --yes"]),
    ("modes", &["macvlens modes", "macvlens modes vepa --ascii"]),
    (
        "completions",
        &[
            "macvlens completions bash > /etc/bash_completion.d/macvlens",
            "macvlens completions fish > ~/.config/fish/completions/macvlens.fish",
        ],
    ),
    (
        "man",
        &[
            "macvlens man > /usr/local/share/man/man1/macvlens.1",
            "macvlens man show > /usr/local/share/man/man1/macvlens-show.1",
        ],
    ),
];

const PRIVILEGES: &str = "\
Looking into other namespaces needs root or the capabilities cap_sys_admin,
cap_sys_ptrace, cap_net_admin, cap_net_broadcast and cap_dac_read_search. Without
them macvlens shows its own namespace and says what it could not see.";

const ENVIRONMENT: &str = "\
NO_COLOR         if set and not empty, no colours
DOCKER_HOST      the Docker to ask, where --docker-host names none
XDG_RUNTIME_DIR  where your own engines listen, beside /run/user/UID";

const NAMES: &str = "\
A link is NAME in the own namespace, or NS/NAME. NS is a name of ip netns, a path such
as /run/netns/web, a pid, a namespace's inode number or net:[INODE], its cookie, or
its label in the UI. NAME may be an alternative name. Bytes that can't be typed are
written as macvlens prints them. What several things are called is an error.";

const NETWORKS: &str = "\
A network of Docker, Podman or CNI is net:NAME, or net:ID with the beginning of its id.
Where several are called so, the engine in front tells them apart: net:docker/NAME.";

const REACH: &str = "\
Nothing is sent. parent:[NS/]NAME is a parent with the stack of its namespace, and
outside:[NS/]NAME what is behind its wire. A namespace whose label begins like that
is named in another way, such as net:[INODE]. The status of a pair is 0 where a ping from
A to B works and 1 where it does not; that of a matrix is 0.";

const PROBE: &str = "\
A few frames of a type that no stack answers (EtherType 0x88b5) go there and back within
0.3 seconds, between these two ends and nobody else; then ARP or a neighbour solicitation
and an ICMP echo, where they have addresses. It takes cap_net_raw, and cap_sys_admin to
enter other namespaces. In the outside nobody tells what arrived: there only the one
--address that you give is asked for. The status is 0 where frames pass as a ping from A
to B needs them, or that address answers ARP or a neighbour solicitation.";

const PACKETS: &str = "\
The interface stays as it is: it is not made promiscuous, so frames for others are seen
only as far as it takes them anyway. A parent shows those of its sub-interfaces, also what
passes between two of them in bridge mode. MACs are called after the interfaces that were
there at the start. Ctrl-C ends it, and stderr then says how many packets the
kernel had to drop. A file that exists is never overwritten. It takes cap_net_raw, and
cap_sys_admin to enter another namespace. That stays as long as this runs.";

const LAB: &str = "\
A lab is a topology of namespaces, a switch, parents and sub-interfaces in new user,
network, mount and PID namespaces. Nothing of the host is seen in it or touched by it,
engines included, and nothing of it is left when the program ends, however that
happens. It needs no root where user namespaces are allowed. In it everything works as
on a host; a command after -- runs in it instead of the UI, and its status is the
program's.";

/// What long help and man page say of a command beyond its options: titles and bodies.
fn sections(command: &str) -> Vec<(&'static str, String)> {
    let examples = EXAMPLES.iter().filter(|(name, _)| *name == command);
    let mut sections: Vec<_> =
        examples.map(|(_, examples)| ("Examples", examples.join("\n"))).collect();
    if ["macvlens", "show"].contains(&command) {
        sections.push(("Filter", filter_words()));
    }
    match command {
        "reach" => sections.push(("Ends", REACH.into())),
        "probe" => sections.push(("Frames", PROBE.into())),
        "lab" => sections.push(("Lab", LAB.into())),
        "packets" => sections.push(("Packets", PACKETS.into())),
        _ => {}
    }
    if ["reach", "probe", "packets", "export", "create", "delete", "set"].contains(&command) {
        sections.push(("Names", NAMES.into()));
    }
    if command == "export" {
        sections.push(("Networks", NETWORKS.into()));
    }
    if command == "macvlens" {
        sections.push(("Environment", ENVIRONMENT.into()));
        sections.push(("Privileges", PRIVILEGES.into()));
    }
    let statuses = Status::ALL.map(|status| format!("{}  {}", status.code(), status.meaning()));
    sections.push(("Exit status", statuses.join("\n")));
    sections
}

pub(super) fn long_help(command: &str) -> String {
    let indented =
        |(title, body): (&str, String)| format!("{title}:\n{body}").replace('\n', "\n  ");
    sections(command).into_iter().map(indented).collect::<Vec<_>>().join("\n\n")
}

fn filter_words() -> String {
    let words = filter::WORDS.iter();
    let mut lines: Vec<_> =
        words.map(|(word, meaning)| format!("{:<8}{meaning}", format!("{word}:"))).collect();
    lines.push("Anything else is matched fuzzily; ! in front inverts; all terms must hold.".into());
    lines.join("\n")
}
