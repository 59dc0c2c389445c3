//! The command line says about itself all that it should, for every command.

use super::*;

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
    let commands: Vec<_> =
        program.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
    assert_eq!(commands.len(), 4);
    for mut command in commands.into_iter().chain([program]) {
        let name = command.get_name().to_owned();
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
fn completions_and_man_pages_are_made_of_the_same_definitions() {
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        write_completions(*shell, &mut script).unwrap();
        assert!(String::from_utf8(script).unwrap().contains("no-mouse"), "{shell}");
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
