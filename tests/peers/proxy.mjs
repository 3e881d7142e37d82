// A counting TCP proxy in a process of its own: node proxy.mjs LISTEN TARGET
import net from 'node:net'
import { now, sleep } from './time.mjs'

const [listen, target] = process.argv.slice(2).map(Number)
let counted

function reset() {
  counted = { bytes: 0, turns: 0, from: now(), last: now(), serverSpoke: true }
}

function count(chunk, fromServer) {
  counted.bytes += chunk.length
  counted.last = now()
  if (!fromServer && counted.serverSpoke) counted.turns += 1
  counted.serverSpoke = fromServer
}

reset()
net
  .createServer({ noDelay: true }, (client) => {
    const server = net.connect({ port: target, host: '127.0.0.1', noDelay: true })
    client.on('data', (chunk) => count(chunk, false))
    server.on('data', (chunk) => count(chunk, true))
    client.pipe(server).on('error', () => client.destroy())
    server.pipe(client).on('error', () => server.destroy())
  })
  .listen(listen, '127.0.0.1', () => process.send({ ready: true }))

process.on('message', async (message) => {
  if (message.do === 'reset') reset()
  // Until nothing was said for a second and a half.
  while (message.do === 'quiet' && now() - counted.last < 1500) await sleep(50)
  process.send({ bytes: counted.bytes, turns: counted.turns, quietMs: counted.last - counted.from })
})
process.on('disconnect', () => process.exit(0))
