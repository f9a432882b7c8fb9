//! The dashboard shows exactly the metrics of the manager.

use std::{collections::BTreeSet, fs, path::Path};
use substrate_prometheus_endpoint::Registry;
use virt_manager::{BackendChoice, Engine};

#[test]
fn dashboard_shows_every_metric() {
	let registry = Registry::new();
	let _engine = Engine::new(BackendChoice::Interpreter, Some(&registry)).expect("it works");
	let families = registry.gather();
	let there: BTreeSet<_> = families.iter().map(|family| family.get_name()).collect();

	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/grafana.json");
	let text = fs::read_to_string(path).expect("it is there");
	let word = |c: char| c != '_' && !c.is_ascii_alphanumeric();
	let shown: BTreeSet<_> = text.split(word).filter(|name| name.starts_with("virt_")).collect();
	assert_eq!(shown, there);
}
