// Measures the peers on the same data: node run.mjs FOLDER [rows]
// FOLDER holds full.json and tenth.json. Prints one figure as JSON a line; what goes wrong is told
// on standard error, and the next peer has its turn.
import { fork } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { deadline, sleep } from './time.mjs'

const [folder, only = ''] = process.argv.slice(2)
const LIMIT_MS = 180_000
const READERS = 100
// automerge-repo did not get through the full data set.
const PEERS = [['pouchdb', 'full'], ['yjs', 'full'], ['jazz', 'full'], ['automerge-repo', 'tenth']]
const wants = (rows) => rows.startsWith(only) || only.startsWith(rows)

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** A process of ours whose messages are awaited one by one. */
function start(file, args) {
  const child = fork(path.join(import.meta.dirname, file), args.map(String), {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: ['--max-old-space-size=6000'],
  })
  const messages = []
  const waiting = []
  const give = (message) => (waiting.length ? waiting.shift()(message) : messages.push(message))
  child.on('message', give)
  child.on('exit', (code) => give({ error: `${file} ended (${code})` }))
  return {
    child,
    async next(what) {
      const message = messages.length ? messages.shift() : await deadline(new Promise((resolve) => waiting.push(resolve)), LIMIT_MS, what)
      if (message.error) throw new Error(message.error)
      return message
    },
    async ask(message) {
      child.send(message)
      return this.next(JSON.stringify(message))
    },
    end() {
      child.removeAllListeners('exit')
      child.kill('SIGTERM')
      return new Promise((resolve) => (child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve()))
    },
  }
}

const memoryBytes = (pid) => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

async function measure(peer, file) {
  const { scale } = JSON.parse(fs.readFileSync(file, 'utf8'))
  // What did not arrive has no time.
  const tell = (row, value) => Number.isFinite(value) && console.log(JSON.stringify({ peer, row, value, scale }))
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `peer-${peer}-`))
  const running = []
  const started = (process) => (running.push(process), process)
  const serve = async () => {
    const port = await freePort()
    const server = started(start('serve.mjs', [peer, directory, port]))
    await server.next('the server')
    return { ...server, port }
  }
  const client = (port) => started(start('client.mjs', [peer, file, path.join(directory, 'known.json'), port]))
  try {
    let server = await serve()
    const seeder = client(server.port)
    await seeder.ask({ do: 'seed' })
    await seeder.end()
    await sleep(3000)
    await server.end()
    server = await serve()
    const proxyPort = await freePort()
    const proxy = started(start('proxy.mjs', [proxyPort, server.port]))
    await proxy.next('the proxy')
    if (['first-sync', 'reconnect', 'idle'].some(wants)) await session(client, proxy, proxyPort, server, tell)
    if (wants('ingest')) await ingest(client(proxyPort), tell)
    if (wants('fan-out-100')) {
      const { p50, p99 } = await client(server.port).ask({ do: 'fanOut', readers: READERS })
      tell('fan-out-100.p50', p50)
      tell('fan-out-100.p99', p99)
    }
  } finally {
    await Promise.all(running.map((process) => process.end()))
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

/** A first sync; then back after a hundred changes, and after none. */
async function session(client, proxy, proxyPort, server, tell) {
  const reader = client(proxyPort)
  await reader.ask({ do: 'ready' })
  await proxy.ask({ do: 'reset' })
  const { ms } = await reader.ask({ do: 'cold' })
  const counted = await proxy.ask({ do: 'read' })
  tell('first-sync.time', ms)
  tell('first-sync.bytes', counted.bytes)
  tell('first-sync.memory', memoryBytes(server.child.pid))
  for (const [row, changes] of [['reconnect', 100], ['idle', 0]]) {
    await reader.ask({ do: 'disconnect' })
    const value = `changed ${row}`
    if (changes) {
      const writer = client(server.port)
      await writer.ask({ do: 'change', changes, value })
      await writer.end()
    }
    await sleep(1000)
    await proxy.ask({ do: 'reset' })
    const { ms } = await reader.ask({ do: 'reconnect', changes, value })
    const { quietMs, bytes, turns } = await proxy.ask({ do: 'quiet' })
    // With nothing new a peer says nothing when it is done: then the last byte counts.
    tell(`${row}.time`, changes ? ms : quietMs)
    tell(`${row}.bytes`, bytes)
    tell(`${row}.turns`, turns)
  }
  await reader.end()
}

async function ingest(phones, tell) {
  await phones.ask({ do: 'prepare' })
  const { ms, orders } = await phones.ask({ do: 'ingest' })
  tell('ingest.admitted', (orders / ms) * 1000)
  await phones.end()
}

let failed = false
for (const [peer, data] of PEERS) {
  console.error(`── ${peer}`)
  try {
    await measure(peer, path.join(folder, `${data}.json`))
  } catch (error) {
    failed = true
    console.error(`── ${peer} FAILED: ${error.message}`)
  }
}
process.exit(failed ? 1 : 0)
