//! Who reaches whom, as an operator finds it out: predicted, asked of the wire, mended, asked again.

#[macro_use]
mod common;

use common::browse::{agree, open, select, select_parent, set_up};
use common::program::mode;
use common::sh;

/// Two macvlans in vepa mode that a bridge would join.
fn set_up_vepa() {
    set_up();
    sh("ip link set mvhost type macvlan mode vepa
        ip address add 198.51.100.1/24 dev mvhost; ip link set mvhost up
        ip -n web address add 198.51.100.2/24 dev eth0; ip -n web link set eth0 up");
}

sandboxed! {
    fn a_verdict_is_proved_on_the_wire_and_turns_with_the_fix() {
        set_up_vepa();
        let mut terminal = open(&[]);
        terminal.keys("gjV  ");
        terminal.shows("2 marked");
        terminal.keys("r");
        let screen = terminal.shows("nothing passes. vepa sends every frame out of uplink");
        assert!(screen.contains("│──") && screen.contains("→✗"), "the way is drawn:\n{screen}");
        terminal.keys("p");
        terminal.shows("agreed: unicast ✗ ✗, broadcast ✗ ✗");
        terminal.keys("f");
        let screen = terminal.shows("Cancel");
        assert_eq!(screen.matches("mode bridge").count(), 2, "{screen}");
        agree(&mut terminal);
        terminal.shows(": reachable.");
        assert_eq!((mode(None, "mvhost"), mode(Some("web"), "eth0")), ("bridge".into(), "bridge".into()));
        terminal.hides("agreed");
        terminal.keys("p");
        terminal.shows("agreed: unicast ✓ ✓, broadcast ✓ ✓");
    }

    fn a_matrix_is_probed_and_what_drops_frames_is_suspected() {
        set_up_vepa();
        sh("ip link set mvhost type macvlan mode bridge
            ip -n web link set eth0 type macvlan mode bridge
            tc -n web qdisc add dev eth0 root pfifo limit 0");
        let mut terminal = open(&[]);
        select_parent(&mut terminal);
        terminal.keys("r");
        terminal.shows("Who reaches whom on uplink");
        terminal.shows(": reachable.");
        terminal.keys("P");
        let screen = terminal.shows("DISAGREED");
        assert!(screen.contains("A filter on "), "{screen}");
        terminal.wait("all pairs", |screen| {
            !screen.contains(" probed") && screen.contains("✓!") && screen.contains("✗=")
        });
    }

    fn an_address_outside_is_asked_for_at_a_prompt() {
        set_up_vepa();
        sh("ip netns add lan; ip link set switch netns lan; ip -n lan link set switch up
            ip -n lan address add 198.51.100.9/24 dev switch
            ip -n web route add default via 198.51.100.9");
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        terminal.keys("r");
        terminal.shows("Who reaches whom on uplink");
        terminal.keys("lll");
        terminal.shows("eth0/web → outside: reachable.");
        terminal.keys("p");
        terminal.shows("such as 198.51.100.9 (Enter)");
        terminal.keys("198.51.100.1\r");
        terminal.shows("198.51.100.1 is an address of mvhost in ");
        terminal.keys("\x15\r");
        terminal.shows("agreed: 198.51.100.9, asked from 198.51.100.2, answers ARP and ICMP echo.");
        terminal.keys("p198.51.100.77\r");
        let screen = terminal.shows("DISAGREED: 198.51.100.77, asked from 198.51.100.2, does not answer ARP.");
        assert!(screen.contains("perhaps nobody there has 198.51.100.77"), "{screen}");
        assert!(screen.contains("✓!"), "{screen}");
        let neighbours = sh("ip -n web neighbour show");
        assert!(!neighbours.contains("198.51.100.77"), "nothing is left behind: {neighbours}");
        sh("ip -n web link set eth0 down");
        terminal.hides("DISAGREED");
    }

    fn read_only_sends_nothing() {
        set_up_vepa();
        let mut terminal = open(&["--read-only"]);
        select_parent(&mut terminal);
        terminal.keys("r");
        terminal.shows("Who reaches whom on uplink");
        terminal.keys("p");
        terminal.shows("read-only: a probe sends frames");
        terminal.hides("agreed");
    }
}
