// Answers with what it can do, see README.
const dns = require('dns')
const fs = require('fs')
const http = require('http')
const os = require('os')
const path = require('path')

function works(attempt) {
  try {
    attempt()
    return true
  } catch (error) {
    return false
  }
}

const touch = directory => fs.writeFileSync(path.join(directory, 'written'), 'x')
const tries = {
  reads: () => fs.readFileSync(path.join(__dirname, 'data')),
  state: () => touch(process.env.STATE_DIRECTORY || '/nowhere'),
  directory: () => touch('.'),
  home: () => fs.statSync('/home/ann/private'),
}

http.createServer((request, response) => {
  os.networkInterfaces()
  dns.lookup('localhost', error => {
    const words = Object.keys(tries).filter(name => works(tries[name]))
    response.end(words.concat(error ? [] : ['resolves']).map(word => word + '\n').join(''))
  })
}).listen(Number(process.argv[process.argv.length - 1]), '127.0.0.1')
