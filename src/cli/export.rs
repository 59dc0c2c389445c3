//! Arguments of `export`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::change::text;
use crate::model::Text;
use crate::plan::recipe::Form;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// In whose words
    #[arg(long = "as", value_name = "FORM", value_parser = form())]
    pub form: Form,

    /// A macvlan, macvtap or ipvlan link, or a network as net:NAME; may be repeated
    #[arg(value_name = "WHAT", required = true, value_parser = text())]
    pub what: Vec<Text>,
}

/// Takes the names of the forms.
fn form() -> impl TypedValueParser<Value = Form> {
    let values = Form::ALL.map(|form| PossibleValue::new(form.name()).help(form.meaning()));
    PossibleValuesParser::new(values).try_map(|name| {
        let known = Form::ALL.into_iter().find(|form| form.name() == name);
        known.ok_or_else(|| format!("'{name}' is not a form"))
    })
}
