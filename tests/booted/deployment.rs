//! The deployment examples: Ansible against several hosts, and the steps of an image build, of a first boot, and of a
//! workflow.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::host::{Host, Inside};
use crate::setup::{Ran, binary, done, property, ran, traces};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// The Python of the virtual environment with Ansible.
fn python() -> PathBuf {
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/ansible");
    PathBuf::from(Command::new(recipe).text().trim_end()).join("bin/python")
}

/// Ansible on this machine and the hosts it connects to.
struct Fleet {
    python: PathBuf,
    directory: TempDir,
    hosts: [Host; 3],
}

impl Fleet {
    fn new() -> Fleet {
        let hosts = [Host::boot(), Host::boot(), Host::boot()];
        let directory = tempfile::tempdir().unwrap();
        let line = |(number, host): (usize, &Host)| format!("web{number} ansible_host={}\n", host.pid());
        let inventory: String = hosts.iter().enumerate().map(line).collect();
        std::fs::write(directory.path().join("inventory"), inventory).unwrap();
        // Without debug information, which is most of the file: every run computes its checksum on every host.
        Command::new("strip").arg("-o").arg(directory.path().join("mkservice")).arg(binary()).text();
        Fleet { python: python(), directory, hosts }
    }

    /// Runs the example's playbook with more arguments. Returns its output and, for each host, how many tasks changed
    /// something and how many failed.
    fn play(&self, words: &[&str]) -> (Ran, Vec<(usize, usize)>) {
        let mut ansible = Command::new(&self.python);
        ansible.args(["-m", "ansible", "playbook", "-i"]).arg(self.directory.path().join("inventory"));
        ansible.args(["-e", &format!("mkservice_binary={}/mkservice", self.directory.path().display())]).args(words);
        ansible.arg(format!("{EXAMPLES}/ansible/site.yml"));
        ansible.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("PYTHONDONTWRITEBYTECODE", "1")]);
        ansible.envs([("HOME", self.directory.path()), ("ANSIBLE_HOME", self.directory.path())]);
        // No other configuration of this machine applies.
        std::fs::write(self.directory.path().join("ansible.cfg"), "").unwrap();
        ansible.current_dir(&self.directory).envs([("ANSIBLE_NOCOLOR", "1"), ("ANSIBLE_PIPELINING", "1")]);
        ansible.env("ANSIBLE_SSH_EXECUTABLE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/ssh"));
        ansible.envs([("ANSIBLE_SSH_TRANSFER_METHOD", "piped"), ("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")]);
        let ran = ran(&mut ansible);
        let number = |line: &str, key: &str| -> usize {
            let (_, rest) = line.split_once(key).unwrap_or_else(|| panic!("{key} is not in {line:?}: {ran:?}"));
            rest.split_whitespace().next().unwrap().parse().unwrap()
        };
        let recap = ran.stdout.rsplit("PLAY RECAP").next().unwrap().lines();
        let told = recap.filter(|line| line.starts_with("web")).map(|line| {
            assert_eq!(number(line, "unreachable="), 0, "{ran:?}");
            (number(line, "changed="), number(line, "failed="))
        });
        let told = told.collect();
        (ran, told)
    }

    /// The services and their manifest, without Ansible's own temporary directory.
    fn traces(&self) -> Vec<String> {
        let file = |host: &Host| std::fs::read_to_string(host.path("/srv/shop/mkservice.toml")).unwrap_or_default();
        let of_services = |host: &Host| -> String {
            traces(host)
                .lines()
                .filter(|line| !line.contains(" /root/.ansible"))
                .map(|line| format!("{line}\n"))
                .collect()
        };
        self.hosts.iter().map(|host| of_services(host) + &file(host)).collect()
    }

    fn states(&self, unit: &str, name: &str) -> Vec<String> {
        self.hosts.iter().map(|host| property(host.root("systemctl"), unit, name)).collect()
    }
}

/// A command for each host: one that runs, one that fails, and one that is refused.
const WORKERS: [&str; 3] = [r#"["sleep", "1000"]"#, r#"["sh", "-c", "echo no database; exit 7"]"#, "[]"];

#[apply(booted_test)]
fn ansible_role_installs_services() {
    let fleet = Fleet::new();
    let fresh = fleet.traces();
    let (ran, told) = fleet.play(&["--check", "--diff", "--limit=web0"]);
    assert_eq!((ran.code, told, fleet.traces()), (0, vec![(3, 0)], fresh), "{}", ran.stdout);
    assert!(ran.stdout.contains("+[services.shop]"), "{}", ran.stdout);

    let (ran, told) = fleet.play(&[]);
    assert_eq!((ran.code, told), (0, vec![(3, 0); 3]), "{}", ran.stdout);
    assert_eq!(fleet.states("shop.service", "ActiveState"), ["active"; 3]);
    assert_eq!(fleet.states("shop-report.timer", "ActiveState"), ["active"; 3]);

    let (before, pids) = (fleet.traces(), fleet.states("shop.service", "MainPID"));
    let (ran, told) = fleet.play(&["--diff"]);
    assert_eq!((ran.code, told), (0, vec![(0, 0); 3]), "{}", ran.stdout);
    let (ran, told) = fleet.play(&["--check", "--diff", "--limit=web0", "-e", "shop_port=8081"]);
    assert_eq!((ran.code, told), (0, vec![(1, 0)]), "{}", ran.stdout);
    for line in ["\n/etc/systemd/system/shop.service:\n", "8080\n+ExecStart=", "/usr/share 8081"] {
        assert!(ran.stdout.contains(line), "{line:?} is not in {}", ran.stdout);
    }
    assert_eq!((fleet.traces(), fleet.states("shop.service", "MainPID")), (before.clone(), pids.clone()));

    let vars = fleet.directory.path().join("host_vars");
    std::fs::create_dir(&vars).unwrap();
    for (number, worker) in WORKERS.iter().enumerate() {
        std::fs::write(vars.join(format!("web{number}.json")), format!("{{\"shop_worker\": {worker}}}")).unwrap();
    }
    let (ran, told) = fleet.play(&[]);
    assert_eq!((ran.code, told), (2, vec![(1, 0), (0, 1), (0, 1)]), "{}", ran.stdout);
    for line in ["shop-worker failed to start: the program exited with status 7", "    no database"] {
        assert!(ran.stdout.contains(line), "{line:?} is not in {}", ran.stdout);
    }
    assert_eq!(fleet.states("shop-worker.service", "ActiveState")[0], "active");
    assert_eq!(fleet.states("shop-worker.service", "LoadState")[2], "not-found");
    assert!(fleet.traces()[0].contains("[services.shop-worker]"));
    assert_eq!(fleet.traces()[2], before[2], "a refused file was written");

    std::fs::remove_dir_all(&vars).unwrap();
    let (ran, told) = fleet.play(&["--diff", "--limit=web1"]);
    assert_eq!((ran.code, told), (0, vec![(1, 0)]), "{}", ran.stdout);
    assert!(ran.stdout.contains("/etc/systemd/system/shop-worker.service:\n(deleted)\n"), "{}", ran.stdout);
    assert_eq!(fleet.states("shop-worker.service", "LoadState")[1], "not-found");
    assert_eq!(fleet.states("shop.service", "MainPID"), pids);
}

/// An example's text.
fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{EXAMPLES}/shop/{name}")).unwrap()
}

/// The instructions of a Containerfile and their arguments.
fn instructions(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(word, rest)| (word.to_owned(), rest.to_owned())).collect()
}

fn shop_is_up(host: &Host) {
    assert_eq!(property(host.root("systemctl"), "shop.service", "ActiveState"), "active");
    let again = done(host.root("mkservice").args(["apply", "--check", "/srv/shop/mkservice.toml"]));
    assert!(again.contains("unchanged"), "{again}");
}

/// The build, in a root directory with the packages of the first step; then the container boots.
#[apply(booted_test)]
fn image_build_installs_services() {
    let mut host = Host::unbooted();
    let mut runs = 0;
    for (instruction, rest) in instructions(&example("Containerfile")) {
        match instruction.as_str() {
            "RUN" if rest.contains("apt-get") => {
                let (_, packages) = rest.split_once(" install ").unwrap();
                let packages = packages.split("&&").next().unwrap().split_whitespace();
                let packages: Vec<_> = packages.filter(|word| !word.starts_with('-')).collect();
                assert!(packages.contains(&"systemd"));
                host.root("dpkg-query").arg("--status").args(packages).text();
            }
            "RUN" => {
                done(host.root("sh").args(["-c", &rest]));
                runs += 1;
            }
            "COPY" => {
                let (name, directory) = rest.split_once(' ').unwrap();
                let is_program = name == "mkservice";
                let from = if is_program { binary() } else { format!("{EXAMPLES}/shop/{name}").into() };
                host.install(from, format!("{directory}{name}"), if is_program { 0o755 } else { 0o644 });
            }
            "CMD" => {
                let words: Vec<String> = serde_json::from_str(&rest).unwrap();
                host.root("test").args(["-x", &words[0]]).text();
            }
            "FROM" | "STOPSIGNAL" => {}
            other => panic!("{other} is not carried out here"),
        }
    }
    assert!(runs > 0);
    host.power_on();
    shop_is_up(&host);
    assert_eq!(property(host.root("systemctl"), "shop-report.timer", "ActiveState"), "active");
}

/// Parses YAML.
fn yaml(text: &str) -> Value {
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))";
    serde_json::from_str(&Command::new(python()).args(["-c", read, text]).text()).unwrap()
}

/// Replaces the download URL.
fn near(line: &str) -> String {
    line.replace("https://downloads.example/mkservice", "file:///opt/mkservice")
}

#[apply(booted_test)]
fn cloud_init_and_workflow_install_services() {
    let host = Host::boot();
    host.install(binary(), "/opt/mkservice", 0o644);

    let text = example("cloud-init.yaml");
    assert!(text.starts_with("#cloud-config\n"));
    let document = yaml(&text);
    assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["runcmd", "write_files"]);
    for file in document["write_files"].as_array().unwrap() {
        assert_eq!(file.as_object().unwrap().keys().collect::<Vec<_>>(), ["content", "path"]);
        crate::setup::file(&host, "root", file["path"].as_str().unwrap(), file["content"].as_str().unwrap());
    }
    for line in document["runcmd"].as_array().unwrap() {
        let words: Vec<String> = line.as_array().unwrap().iter().map(|word| near(word.as_str().unwrap())).collect();
        host.root(&words[0]).args(&words[1..]).text();
    }
    shop_is_up(&host);

    // The workflow updates the same host to the complete manifest, in a directory with the project.
    crate::sudo::allow_sudo(&host, crate::sudo::NO_PASSWORD);
    host.root("rm").arg("/usr/local/bin/mkservice").text();
    for name in ["mkservice.toml", "Containerfile"] {
        crate::setup::file(&host, "ann", &format!("/home/ann/shop/{name}"), &example(name));
    }
    host.root("chown").args(["-R", "ann:", "/home/ann/shop"]).text();
    let workflow = yaml(&near(&example("github-actions.yml")));
    let steps = workflow["jobs"]["test"]["steps"].as_array().unwrap();
    let lines: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(lines.len() + 1 == steps.len() && lines.len() > 2, "{steps:?}");
    for line in lines {
        // As the runner invokes it.
        host.user("ann", "bash").args(["-e", "-o", "pipefail", "-c", line]).cwd("/home/ann/shop").text();
    }
    assert_eq!(property(host.root("systemctl"), "shop-report.timer", "ActiveState"), "active");
    shop_is_up(&host);
}
