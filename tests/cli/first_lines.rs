//! The first lines that people type: which of their words reach the program.

use std::ffi::OsString;

use mkservice::cli::Invocation;
use mkservice::output::wording::plain;

/// The words that reach the program, after mkservice's options: `OPTIONS -- COMMAND`; `Err` where mkservice refuses.
fn read(line: &str) -> Result<String, String> {
    let words: Vec<OsString> = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
    let words = Invocation::parse(&words).for_clap().map_err(|error| plain(&error))?;
    Ok(words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" "))
}

/// Lines that are the program's from the first word to the last.
const WHOLE: &[&str] = &[
    // Interpreters.
    "python3 hello.py",
    "python3 -u hello.py",
    "python3 -m http.server 8000",
    "python3 -m http.server --bind 127.0.0.1 8000",
    "python3 -c 'print(1)'",
    "python3 -X dev -W error app.py --port=80",
    "python3 manage.py runserver 0.0.0.0:8000 --noreload",
    "python3 -m flask --app web run -p 5000",
    "python3 -m uvicorn app:app --host 0.0.0.0 --port 80",
    ".venv/bin/python bot.py --token-file t",
    "pypy3 x.py -h",
    "node server.js",
    "node --max-old-space-size=512 server.js",
    "node --env-file=.env server.js",
    "node -r dotenv/config app.js -p 80",
    "deno run --allow-net main.ts",
    "deno task start --watch",
    "bun run --hot server.ts",
    "ts-node -T bot.ts",
    "npm start",
    "npm run dev -- --port 3000",
    "npm run dev -- --name x --user --json",
    "npm --prefix web start",
    "npx serve -s build -l 3000",
    "npx -y http-server -p 8080 -c-1",
    "yarn --cwd web start",
    "pnpm --filter api start",
    "ruby -Ilib app.rb -o 0.0.0.0",
    "bundle exec puma -C config/puma.rb",
    "bundle exec sidekiq -q default -q mail -c 5",
    "rails server -b 0.0.0.0 -e production",
    "rackup -p 9292 -E production",
    "perl -Mojo app.pl daemon -l http://*:80",
    "php -S 0.0.0.0:8000 -t public",
    "php artisan queue:work --sleep=3 --tries=3",
    "php artisan queue:work --queue=high,default",
    "php bin/console messenger:consume async -vv",
    "java -jar app.jar",
    "java -Xmx512m -Dserver.port=80 -jar app.jar --spring.profiles.active=prod",
    "java -cp 'lib/*' org.example.Main --server.port=80",
    "dotnet Web.dll --urls http://*:80",
    "dotnet run -c Release --no-build",
    "lua -i bot.lua",
    "Rscript --vanilla -e 'shiny::runApp()'",
    "julia --project=. -t 4 serve.jl",
    "elixir -S mix phx.server",
    "mix phx.server --no-halt",
    "erl -noshell -s app",
    "erl -sname a -name node@host",
    "bash -lc 'exec ./run --fast'",
    "bash -c 'a && b' _ -x",
    "sh -ec 'while :; do date; sleep 1; done'",
    "sh script.sh -f --bar",
    "zsh -c serve",
    "fish -c serve",
    // Servers.
    "gunicorn app:app --bind :8000",
    "gunicorn -w 4 -b 0.0.0.0:80 app:app --reload",
    "gunicorn app:app -k uvicorn.workers.UvicornWorker --timeout 60",
    "uvicorn app:app --host 0.0.0.0 --port 8000 --reload",
    "hypercorn app:app -b :8000",
    "daphne -b 0.0.0.0 -p 8001 app.asgi:application",
    "waitress-serve --listen=*:80 app:app",
    "celery -A proj worker -l info -n w1@%h",
    "celery -A proj beat --pidfile=",
    "rq worker --url redis://h high",
    "airflow webserver -p 8080 -D",
    "jupyter lab --no-browser --port=8888",
    "streamlit run app.py --server.port 80",
    "mlflow server --host 0.0.0.0 -p 5000",
    "nginx -g 'daemon off;'",
    "caddy run --config /etc/caddy/Caddyfile",
    "caddy file-server --listen :80 --browse",
    "haproxy -W -f /etc/haproxy.cfg",
    "traefik --api.insecure=true --providers.docker",
    "redis-server --port 6380 --save ''",
    "redis-server /etc/redis.conf --appendonly yes",
    "postgres -D data -p 5433",
    "mysqld --datadir=/srv/db --port=3307",
    "mysqld --user=mysql",
    "mongod --dbpath data --port 27018",
    "etcd --data-dir=/var/etcd",
    "consul agent -dev -client 0.0.0.0",
    "vault server -config=/etc/vault.hcl",
    "nats-server -js -m 8222",
    "minio server /data --console-address :9001",
    "prometheus --config.file=p.yml --web.listen-address=:9090",
    "grafana-server -homepath /usr/share/grafana",
    "node_exporter --collector.systemd --web.listen-address=:9100",
    "mosquitto -c m.conf -v",
    "memcached -m 64 -p 11211 -u nobody",
    "ollama serve",
    "syncthing serve --no-browser --home=/srv/st",
    "tailscaled --tun=userspace-networking",
    "cloudflared tunnel run --token x",
    "ngrok http 80 --log=stdout",
    "frpc -c frpc.toml",
    "wg-quick up wg0",
    "openvpn --config c.ovpn --daemon vpn",
    "dnsmasq -k --port=5353",
    "sshd -D -p 2222",
    "busybox httpd -f -p 8080",
    "hugo server -D --bind 0.0.0.0",
    "jekyll serve --watch --host 0.0.0.0",
    "code-server --auth none --bind-addr :80",
    "minecraft/start.sh nogui",
    // Tools that keep running.
    "tail -f x",
    "tail -n 0 -F /var/log/syslog",
    "ssh -N -L 8080:localhost:80 host",
    "ssh -NT -o ServerAliveInterval=60 -R 22:localhost:22 h",
    "autossh -M 0 -N -L 1:h:1 h",
    "socat -d TCP-LISTEN:80,fork TCP:h:80",
    "nc -lk 9000",
    "ping -i 5 1.1.1.1",
    "watch -n 5 date",
    "sleep -- 5",
    "rsync -az --delete a/ h:b/",
    "rclone mount r: /mnt --vfs-cache-mode full",
    "sshfs -f h: /mnt -o reconnect",
    "inotifywait -m -r .",
    "ffmpeg -re -i in.mp4 -f flv rtmp://h/x",
    "mpv --no-video -q x.mp3",
    "tcpdump -i eth0 -w out.pcap",
    "iperf3 -s -p 5201",
    "borg serve --append-only --restrict-to-path /b",
    "restic -r /b backup /home --tag x",
    "curl -fsS -m 10 -o /dev/null https://h",
    "find /tmp -mtime +7 -delete",
    "find /tmp -name x",
    "qemu-system-x86_64 -m 1G -name vm",
    "Xvfb :99 -screen 0 1024x768x24",
    "x11vnc -forever -display :0",
    "tmux new -d -s main",
    "screen -DmS irc irssi",
    "logcli query --tail",
    "env A=1 ./server -v=2",
    "nice -n 10 ./batch",
    "nohup ./serve -p 80",
    "timeout -k 5 60 ./job",
    "flock -n /tmp/l ./job --all",
    "stdbuf -oL ./job -x",
    "unshare -r ./job -m",
    // Toolchains.
    "cargo run --release -- --port 80",
    "cargo run --release -- --check --name x",
    "cargo watch -x run",
    "go run . -addr :80",
    "go run ./cmd/api --config c.yml",
    "make serve -j4 PORT=80",
    "just --justfile j serve",
    "poetry run uvicorn app:app --port 80",
    "uv run --with flask app.py",
    "pipenv run python app.py -d",
    "conda run -n env python app.py",
    "hatch run serve --port 80",
    "./gradlew bootRun --args=--server.port=80",
    "mvn -q spring-boot:run -Dspring-boot.run.profiles=x",
    "./server",
    "./server --port 80",
    "./server -c config.toml -l :80",
    "./server --config=c --nam x y",
    "./server -- --user",
    "../bin/app --listen-address :80 --no-color",
    "/opt/app/bin/app -d /srv",
    "'two words' -x 'three four'",
    "cd_wrapper -x",
    // Programs whose options are all their own.
    "docker run --rm --name web -p 80:80 nginx",
    "docker run --user 1000 --name web",
    "docker compose up --force-recreate --quiet-pull",
    "docker run --rm -it --name=web",
    "/usr/bin/docker run --check x --root --json",
    "podman run --replace --name web nginx",
    "podman pod create --name p",
    "podman play kube --user x.yml",
];

/// Lines with words of mkservice.
const SPLIT: &[(&str, &str)] = &[
    ("--name xd python3 hello.py", "--name xd -- python3 hello.py"),
    ("--name=xd python3 hello.py -v", "--name=xd -- python3 hello.py -v"),
    ("--system --uid www node s.js --port 80", "--system --uid www -- node s.js --port 80"),
    ("--dry-run bash -lc 'a b'", "--dry-run -- bash -lc a b"),
    ("-E A=1 -E B=2 ./s -E 3", "-E A=1 -E B=2 -- ./s -E 3"),
    ("-p MemoryMax=1G ./s -p 80", "-p MemoryMax=1G -- ./s -p 80"),
    ("-qv ./s -qv", "-q -v -- ./s -qv"),
    ("--every 1h find /tmp -name x", "--every 1h -- find /tmp -name x"),
    ("--nice -5 ./s -5", "--nice -5 -- ./s -5"),
    ("--restart no -- ./s --restart yes", "--restart no -- ./s --restart yes"),
    ("--name web -- gunicorn a:a --name x", "--name web -- gunicorn a:a --name x"),
    ("-- ./s --user --dry-run", "-- ./s --user --dry-run"),
    ("-- remove x", "-- remove x"),
    ("-- docker run --name x y", "-- docker run --name x y"),
    ("add remove x", "add -- remove x"),
    ("add -q tail -f x", "add -q -- tail -f x"),
    ("add -- status --json", "add -- status --json"),
    ("python myscript.py --name myscriptd", "--name myscriptd -- python myscript.py"),
    ("python -m http.server 8000 --name=files", "--name=files -- python -m http.server 8000"),
    ("./s --port 80 --name s", "--name s -- ./s --port 80"),
    ("ssh -N -L 1:h:1 h --name tunnel", "--name tunnel -- ssh -N -L 1:h:1 h"),
    ("bash -c 'x --name y' --name z", "--name z -- bash -c x --name y"),
    ("--system ./s --name s", "--system --name s -- ./s"),
    ("status web", "status web"),
    ("logs -f web", "logs -f web"),
    ("logs web -f", "logs -f web"),
    ("remove web --force", "remove --force web"),
    ("--json list", "list --json"),
    ("restart a b --settle 3", "restart --settle 3 a b"),
    ("adopt nginx --name web", "adopt --name web nginx"),
    ("help add", "help add"),
];

/// Lines that can be meant in two ways.
const AMBIGUOUS: &[&str] = &[
    "python3 x.py --name xd --port 80",
    "python3 x.py --name=xd y",
    "./s --name s -- --port 80",
    "gunicorn app:app --name web",
    ".venv/bin/gunicorn app:app --name=web",
    "python3 -m gunicorn app:app --name web",
    "etcd --name n1",
    "rq worker --name w1",
    "php artisan queue:work --name w1",
    "nats-server --name n1",
    "python3 x.py --nmae xd",
    "python3 x.py --mame=xd",
    "python3 x.py -name xd",
    "--name a ./s --name b",
    "python3 x.py --user",
    "mysqld --user mysql",
    "./s --system",
    "chroot_wrapper --root /srv",
    "./s --root=/srv",
    "npm install --global serve",
    "rsync a b --dry-run",
    "terraform fmt --check",
    "./s --force",
    "gh api x --json",
    "./s --quiet",
    "cargo run --verbose",
    "./s --no-start",
    "./s --no-enable x",
];

#[test]
fn command_reaches_the_program_whole() {
    for line in WHOLE {
        let words = shlex::split(line).unwrap();
        assert_eq!(read(line), Ok(format!("-- {}", words.join(" "))), "{line}");
        assert_eq!(read(&format!("add {line}")), Ok(format!("add -- {}", words.join(" "))), "{line}");
        let behind = format!("--name x -- {}", words.join(" "));
        assert_eq!(read(&format!("--name x {line}")), Ok(behind.clone()), "{line}");
        assert_eq!(read(&format!("--name x -- {line}")), Ok(behind), "{line}");
    }
}

#[test]
fn options_before_the_command_are_those_of_mkservice() {
    for (line, expected) in SPLIT {
        assert_eq!(read(line).as_deref(), Ok(*expected), "{line}");
    }
}

#[test]
fn ambiguous_lines_are_refused_unless_the_command_follows_two_dashes() {
    for line in AMBIGUOUS {
        assert!(read(line).is_err_and(|error| error.contains(" after the command ")), "{line}: {:?}", read(line));
        let words = shlex::split(line).unwrap();
        assert_eq!(read(&format!("-- {line}")), Ok(format!("-- {}", words.join(" "))), "{line}");
    }
}
