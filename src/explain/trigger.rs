//! Why what starts a service has given up, in words.

/// Says why a timer, a socket or a path failed, by its `Result=` (org.freedesktop.systemd1(5)).
pub fn describe(unit: &str, result: &str) -> String {
    let why = match result {
        "resources" => "systemd could not set it up, or not start what it is for",
        "trigger-limit-hit" => "it was set off so often that systemd has given it up",
        "start-limit-hit" => "it was started so often that systemd has given it up",
        "service-start-limit-hit" | "unit-start-limit-hit" => {
            "it started the service so often that systemd has given both up"
        }
        "exit-code" | "signal" | "core-dump" | "timeout" => "a command of its own failed",
        _ => "it is not active any more",
    };
    format!("{unit}: {why}")
}
