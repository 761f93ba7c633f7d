# Answers with what it can do, see README.
require 'socket'

def works
  yield
  true
rescue SystemCallError, SocketError
  false
end

def touch(directory)
  File.write(File.join(directory, 'written'), 'x')
end

def report
  words = []
  words << 'reads' if works { File.read(File.join(__dir__, 'data')) }
  words << 'state' if works { touch(ENV.fetch('STATE_DIRECTORY', '/nowhere')) }
  words << 'directory' if works { touch('.') }
  words << 'home' if works { File.stat('/home/ann/private') }
  words << 'resolves' if works { Addrinfo.getaddrinfo('localhost', 80) }
  words.map { |word| "#{word}\n" }.join
end

server = TCPServer.new('127.0.0.1', Integer(ARGV.last))
loop do
  client = server.accept
  Thread.new(client) do |connection|
    nil until (line = connection.gets).nil? || line.strip.empty?
    connection.write("HTTP/1.0 200 OK\r\n\r\n#{report}")
    connection.close
  end
end
