# Says how it was started, and stays: see ../README.
require "json"
words = File.binread("/proc/self/cmdline").split("\0")[1..]
puts "WITNESS " + JSON.generate(
  interpreter: RbConfig.ruby,
  prefix: RbConfig::CONFIG["prefix"],
  argv: [$0, *ARGV],
  words: words,
  cwd: Dir.pwd,
  env: ENV.to_h
)
sleep unless ENV["WITNESS"] == "once"
