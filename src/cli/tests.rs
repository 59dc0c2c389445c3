//! The command line says about itself all that it should, for every command.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use clap::{CommandFactory, ValueEnum};

use super::help::EXAMPLES;
use super::*;
use crate::model::forest::Grouping;
use crate::model::{MacvlanFlags, Mode, Text, filter};
use crate::output::Format;
use crate::plan::recipe::Form;
use crate::reach::Switch;

fn parse(line: &str) -> Cli {
    Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn the_definitions_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_explains_itself() {
    let mut program = Cli::command();
    program.build();
    let mut commands = vec![("macvlens".to_owned(), program)];
    let mut at = 0;
    while let Some((name, command)) = commands.get(at).cloned() {
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let prefix = if at == 0 { String::new() } else { format!("{name} ") };
        commands.extend(below.map(|c| (format!("{prefix}{}", c.get_name()), c.clone())));
        at += 1;
    }
    assert_eq!(commands.len(), EXAMPLES.len());
    for (name, mut command) in commands {
        assert!(command.get_about().is_some(), "{name} says what it does");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name} explains {}", argument.get_id());
        }
        let help = command.render_long_help().to_string();
        for status in Status::ALL {
            let line = format!("  {}  {}", status.code(), status.meaning());
            assert!(help.contains(&line), "{name} --help lists status {}", status.code());
        }
        let (_, examples) = EXAMPLES.iter().find(|(of, _)| *of == name).expect("examples");
        for example in *examples {
            assert!(help.contains(&format!("\n  {example}\n")), "{name} --help lacks {example}");
        }
    }
}

#[test]
fn every_example_is_a_valid_command_line() {
    for example in EXAMPLES.iter().flat_map(|(_, examples)| *examples) {
        let line = example.trim_start_matches("sudo ");
        // What follows two spaces explains; what follows | or > is the shell's.
        let line = line.split("  ").next().unwrap_or(line);
        let line = line.split(['|', '>']).next().unwrap_or(line);
        parse(&line.replace('\'', ""));
    }
}

#[test]
fn recordings_and_pictures_are_of_the_ui() {
    let picture = parse("macvlens lab modes --picture a.svg --size 80x24 --keys j");
    assert_eq!((picture.size, &*picture.keys), ((80, 24), "j"));
    assert!(picture.is_for_ui() && picture.opens_ui());
    assert!(parse("macvlens --record a.cast").is_for_ui());
    assert!(!parse("macvlens").is_for_ui() && parse("macvlens").opens_ui());
    for line in ["macvlens show --record a", "macvlens lab --list --record a"] {
        assert!(parse(line).is_for_ui() && !parse(line).opens_ui(), "{line}");
    }
    for wrong in [
        "--size 80x24",
        "--keys j",
        "--picture a --size 8x24",
        "--picture a --size 80",
        "--picture a --record b",
    ] {
        let words = format!("macvlens {wrong}");
        assert!(Cli::try_parse_from(words.split(' ')).is_err(), "{wrong}");
    }
    assert_eq!(
        parse("macvlens modes source").command.map(|c| match c {
            Command::Modes { mode } => mode,
            _ => None,
        }),
        Some(Some(Mode::Source))
    );
}

#[test]
fn the_top_level_names_words_privileges_and_environment() {
    let help = Cli::command().render_long_help().to_string();
    for (word, meaning) in filter::WORDS {
        assert!(help.contains(&format!("{word}:")) && help.contains(meaning), "{word}");
    }
    for text in ["NO_COLOR", "cap_sys_ptrace", "root"] {
        assert!(help.contains(text), "{text}");
    }
}

#[test]
fn arguments_become_selections() {
    assert!(parse("macvlens --ascii --no-mouse").command.is_none());
    let cli = parse("macvlens show --no-color -o json --by namespace --all mode:vepa !ns:web");
    assert!(cli.look.no_color);
    let Some(Command::Show(show)) = cli.command else { panic!("show") };
    assert_eq!(show.output, Format::Json);
    let selection = show.selection();
    assert_eq!(selection.grouping, Grouping::Namespace);
    assert!(selection.all && !selection.filter.is_by_name());
    let Some(Command::Watch(watch)) = parse("macvlens watch").command else { panic!("watch") };
    assert_eq!((watch.output, watch.all), (Stream::Jsonl, false));
    let error = Cli::try_parse_from(["macvlens", "show", "-o", "xml"]).unwrap_err();
    assert_eq!(error.exit_code(), i32::from(Status::Usage.code()));
}

#[test]
fn changes_take_every_option_of_ip_and_repeat_what_may_repeat() {
    let line = "macvlens create --parent web/p --name n --netns db --kind macvtap --mode source \
        --mac 02:00:00:00:00:01 --mtu 1400 --flag nodst --flag nopromisc --bc-queue-len 9 \
        --bc-cutoff -1 --source 02:00:00:00:00:02 --source 02:00:00:00:00:03 \
        --address 192.0.2.7/24 --address fe80::1/64 --up --dry-run --yes -o json --read-only \
        --confirm-within 0 --journal /run/journal";
    let cli = parse(line);
    assert!(cli.read_only && cli.journal.is_some());
    assert_eq!(cli.confirm_within(), Some(Duration::ZERO));
    let Some(Command::Create(create)) = cli.command else { panic!("create") };
    assert_eq!((&create.parent, &create.netns), (&"web/p".into(), &Some("db".into())));
    assert_eq!((create.kind, create.mode), (Some(Kind::Macvtap), Some(Mode::Source)));
    assert_eq!(create.flags, [MacvlanFlags::NODST, MacvlanFlags::NOPROMISC]);
    assert_eq!((create.bc_queue_len, create.bc_cutoff), (Some(9), Some(-1)));
    assert_eq!((create.sources.len(), create.addresses.len()), (2, 2));
    let manner = &create.manner;
    assert!(create.up && manner.dry_run && manner.yes);
    assert_eq!(manner.output, Report::Json);

    let line = "macvlens set n --mode vepa --mac 02:00:00:00:00:01 --mtu 1400 --rename m --alias a \
        --netns db --up --flag nodst --no-flag nopromisc --bc-queue-len 9 --bc-cutoff 0 \
        --add-source 02:00:00:00:00:02 --add-source 02:00:00:00:00:03 --flush-sources \
        --add-address ::2/64 --add-address ::3/64 --del-address ::4/64 --del-address ::5/64";
    let Some(Command::Set(set)) = parse(line).command else { panic!("set") };
    let edits = &set.edits;
    assert_eq!((edits.add_source.len(), edits.del_address.len()), (2, 2));
    assert_eq!((&edits.rename, edits.up, edits.down), (&Some("m".into()), true, false));
}

#[test]
fn every_form_can_be_exported_and_engines_are_named_anywhere() {
    for form in Form::ALL {
        let line = format!(
            "macvlens export --as {} web/eth0 net:vepamv --docker-host unix:///run/d/s \
             --cni-conf-dir /run/a --cni-conf-dir /run/b",
            form.name()
        );
        let cli = parse(&line);
        assert_eq!(cli.docker_host.as_deref(), Some("unix:///run/d/s"));
        assert_eq!(cli.cni_conf_dir.len(), 2);
        let Some(Command::Export(export)) = cli.command else { panic!("export") };
        assert_eq!((export.form, export.what.len()), (form, 2));
    }
    assert!(parse("macvlens --docker-host unix:///run/d/s").command.is_none());
}

#[test]
fn a_pair_or_a_matrix_is_asked_for() {
    let Some(Command::Reach(pair)) = parse("macvlens reach a outside:b").command else { panic!() };
    assert_eq!((pair.from, pair.to), (Some("a".into()), Some("outside:b".into())));
    assert_eq!((Switch::from(pair.hairpin), pair.output), (Switch::Normal, Shape::Text));
    let line = "macvlens reach --matrix a --hairpin on -o json";
    let Some(Command::Reach(all)) = parse(line).command else { panic!() };
    assert_eq!((all.from, all.matrix), (None, Some("a".into())));
    assert_eq!((Switch::from(all.hairpin), all.output), (Switch::Reflective, Shape::Json));
    let Some(Command::Probe(probe)) = parse("macvlens probe a b").command else { panic!() };
    assert_eq!((probe.from, probe.to), ("a".into(), "b".into()));
}

#[test]
fn packets_are_asked_for() {
    let line = "macvlens packets a/b -n 5 -w f.pcapng -o json";
    let Some(Command::Packets(packets)) = parse(line).command else { panic!() };
    assert_eq!((packets.name, packets.count), ("a/b".into(), Some(5)));
    assert_eq!((packets.write, packets.output), (Some("f.pcapng".into()), Shape::Json));
}

#[test]
fn a_lab_is_named_or_a_file_and_may_run_a_command() {
    let lab = |line: &str| match parse(line).command {
        Some(Command::Lab(lab)) => lab,
        _ => panic!("{line}"),
    };
    assert_eq!(
        (lab("macvlens lab").name(), lab("macvlens lab source").name()),
        ("modes", "source")
    );
    assert!(lab("macvlens lab").is_on_screen() && lab("macvlens lab --file x").is_on_screen());
    assert!(!lab("macvlens lab --list").is_on_screen());
    assert!(!lab("macvlens lab --print modes").is_on_screen());
    let run = lab("macvlens lab big -- macvlens show --all");
    assert!(!run.is_on_screen());
    assert_eq!(run.command, ["macvlens", "show", "--all"]);
    assert_eq!(parse("macvlens --inside-lab=7 lab").inside_lab, Some(7));
    let help = Cli::command().render_long_help().to_string();
    assert!(!help.contains("inside-lab"), "{help}");
}

#[test]
fn names_may_hold_any_bytes() {
    let name = OsStr::from_bytes(b"a\xff");
    let arguments = [OsStr::new("macvlens"), OsStr::new("delete"), name];
    let cli = Cli::try_parse_from(arguments).unwrap();
    let Some(Command::Delete(delete)) = cli.command else { panic!("delete") };
    assert_eq!(delete.link, Text::from(&b"a\xff"[..]));
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    for line in [
        "set n",
        "set n --dry-run",
        "set n --up --down",
        "set n --flush-sources --del-source 02:00:00:00:00:02",
        "set n --mode unknown",
        "set n --flag promisc",
        "set n --mac 0x02",
        "set n --add-address 192.0.2.7",
        "set n --confirm-within -1 --up",
        "create --name n",
        "create --parent p",
        "create --parent p --name n --kind vlan",
        "create --parent p --name n --vlan-id 5 --mode vepa",
        "export mv0",
        "export --as docker",
        "export --as compose mv0",
        "reach",
        "reach a",
        "packets",
        "packets a --count 0",
        "reach a b --matrix c",
        "reach a b --hairpin maybe",
        "probe a",
        "lab a b",
        "lab modes --file mine.toml",
        "lab modes --list",
        "lab --print",
        "lab --print modes -- true",
        "lab --lesson host -- true",
        "lab --play -- true",
        "lab --list --lesson",
        "lab --file mine.toml --lesson host",
        "delete",
        "netns",
        "netns add",
    ] {
        let words = std::iter::once("macvlens").chain(line.split_whitespace());
        let error = Cli::try_parse_from(words).expect_err(line);
        assert_eq!(error.exit_code(), i32::from(Status::Usage.code()), "{line}");
    }
}

#[test]
fn completions_and_man_pages_are_made_of_the_same_definitions() {
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        write_completions(*shell, &mut script).unwrap();
        assert!(String::from_utf8(script).unwrap().contains("no-mouse"), "{shell}");
    }
    let mut page = Vec::new();
    write_man(None, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for variable in ["NO_COLOR", "DOCKER_HOST", "XDG_RUNTIME_DIR"] {
        assert!(page.contains(variable) && long_help("macvlens").contains(variable), "{variable}");
    }
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        parse(&format!("macvlens man {name}"));
        let mut page = Vec::new();
        write_man(Some(name), &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains(&format!("macvlens\\-{name}")), "{page}");
        assert!(page.contains(".SH EXAMPLES") && page.contains(".SH \"EXIT STATUS\""), "{page}");
    }
}
