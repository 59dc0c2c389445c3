//! `macvlens export`: what would make equal networks, printed.

use std::io::{Write, stdout};

use anyhow::{Context, Result};

use super::print::{finish, misuse, name_untold, say};
use super::reach::resolver;
use super::{engines, style};
use crate::cli::{Cli, Export, Status};
use crate::model::resolve::{Resolver, Unresolved};
use crate::model::text;
use crate::plan::recipe::{Form, Of, recipe};

/// Prints what the command line asks for. All of it must have a name that stands for one thing; what
/// can't be said in the form is told on stderr, and the rest is printed.
pub fn run(cli: &Cli, export: &Export) -> Result<Status> {
    let ascii = style(cli.look).ascii;
    let topology = engines::look(cli)?;
    name_untold(topology.untold(), ascii).context("writing to stderr")?;
    let resolver = resolver(&topology);
    let named = export.what.iter().map(|what| of(&resolver, what.as_bytes()));
    let all = match named.collect::<Result<Vec<Of>, Unresolved>>() {
        Ok(all) => all,
        Err(unresolved) => return misuse(cli, &topology, &unresolved),
    };
    let (mut status, mut printed) = (Status::Fine, Vec::new());
    for (what, of) in export.what.iter().zip(all) {
        match recipe(&topology, of, export.form) {
            Ok(text) => {
                let (notes, text) = split(export.form, &text);
                say(&notes, ascii)?;
                printed.push(if ascii { text::ascii(&text).into_owned() } else { text });
            }
            Err(why) => {
                let told = format!("macvlens: can't say {what} as {}: {why}\n", export.form.name());
                say(&told, ascii)?;
                status = Status::Failed;
            }
        }
    }
    finish(stdout().write_all(printed.join("\n").as_bytes()))?;
    Ok(status)
}

/// What is called so: `net:NAME` a network, anything else a link.
fn of(resolver: &Resolver<'_>, what: &[u8]) -> Result<Of, Unresolved> {
    match what.strip_prefix(b"net:") {
        // A namespace is `net:[INODE]`.
        Some(network) if !network.starts_with(b"[") => resolver.network(network).map(Of::Network),
        _ => resolver.link(what).map(Of::Link),
    }
}

/// Comments that can't stand in the text, and the text: JSON has none.
fn split(form: Form, text: &str) -> (String, String) {
    if form != Form::Cni {
        return (String::new(), text.to_owned());
    }
    let lines = || text.split_inclusive('\n');
    let is_note = |line: &&str| line.starts_with("# ");
    (lines().filter(is_note).collect(), lines().filter(|line| !is_note(line)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Topology, fixture};

    fn world() -> Topology {
        let mut topology = fixture::host();
        for change in fixture::owners().into_iter().chain(fixture::beliefs()) {
            topology.apply(change);
        }
        topology
    }

    #[test]
    fn a_network_is_told_from_a_link_and_a_namespace() {
        let world = world();
        let resolver = Resolver { topology: &world, inode_of: &|_| None };
        let vepamv = world.networks().find(|view| view.network.name == "vepamv".into()).unwrap();
        assert_eq!(of(&resolver, b"net:vepamv"), Ok(Of::Network(vepamv.key)));
        let eth0 = fixture::key(fixture::C2, 2);
        assert_eq!(of(&resolver, b"net:[4026532021]/eth0"), Ok(Of::Link(eth0)));
        assert!(of(&resolver, b"net:macvlan1").is_err());
    }

    #[test]
    fn json_has_no_comments() {
        let text = "# a note\n{\n  \"# b\": 1\n}\n";
        let (notes, json) = split(Form::Cni, text);
        assert_eq!((notes.as_str(), json.as_str()), ("# a note\n", "{\n  \"# b\": 1\n}\n"));
        assert_eq!(split(Form::Ip, text), (String::new(), text.to_owned()));
    }
}
