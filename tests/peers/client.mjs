// A peer's clients: node client.mjs PEER DATA KNOWN PORT. Does what the messages say.
import fs from 'node:fs'
import { now, percentile, sleep } from './time.mjs'

const [peer, file, knownFile, port] = process.argv.slice(2)
const adapter = (await import(`./${peer}/client.mjs`)).default
const url = adapter.url(Number(port))
const data = JSON.parse(fs.readFileSync(file, 'utf8'))
const entities = [...data.customers, ...data.products, ...data.orders]
const known = () => (fs.existsSync(knownFile) ? JSON.parse(fs.readFileSync(knownFile, 'utf8')) : {})
const changedIds = (count) => data.orders.filter((_, n) => n % Math.floor(data.orders.length / 100) === 0).slice(0, count).map((order) => order.id)

const WARM_UP = 10
const WRITES = 100
const PAUSE_MS = 100

let state
const steps = {
  ready: () => ({}),
  async seed() {
    fs.writeFileSync(knownFile, JSON.stringify((await adapter.seed(url, data, entities)) ?? {}))
  },
  async cold() {
    const start = now()
    state = await adapter.cold(url, known(), entities.length)
    const ms = now() - start
    if ((await adapter.lines(state, data.orders[7].id)) !== 10) throw new Error('an order did not arrive')
    return { ms }
  },
  disconnect: () => adapter.disconnect(state),
  change: ({ changes, value }) => adapter.change(url, known(), changedIds(changes), value, entities.length),
  async reconnect({ changes, value }) {
    const start = now()
    await adapter.reconnect(state, changedIds(changes), value)
    return { ms: now() - start }
  },
  async prepare() {
    state = await adapter.prepare(url, data.offline)
  },
  async ingest() {
    const start = now()
    await adapter.ingest(state)
    return { ms: now() - start, orders: data.offline.flat().length }
  },
  async fanOut({ readers }) {
    const ids = changedIds(100)
    const acknowledged = new Map()
    const received = []
    const arrived = (value) => received.push([value, now()])
    const writer = await adapter.fanOut(url, known(), readers, ids, arrived)
    await sleep(500)
    for (let n = 0; n < WARM_UP + WRITES; n++) {
      const value = `write ${n}`
      adapter.write(writer, ids[n % ids.length], value).then(() => acknowledged.set(value, now()))
      await sleep(PAUSE_MS)
    }
    await sleep(3000)
    const counted = received.filter(([value]) => Number(value?.split?.(' ')[1] ?? -1) >= WARM_UP && acknowledged.has(value))
    const missing = Math.max(0, WRITES * readers - counted.length)
    if (missing) console.error(`   ${missing} of ${WRITES * readers} changes did not arrive in time`)
    const latencies = counted.map(([value, at]) => Math.max(0, at - acknowledged.get(value)))
    latencies.push(...Array(missing).fill(Infinity))
    return { p50: percentile(latencies, 50), p99: percentile(latencies, 99) }
  },
}

process.on('message', async (message) => {
  try {
    process.send({ ...(await steps[message.do](message)) })
  } catch (error) {
    process.send({ error: `${peer}, ${message.do}: ${error?.stack ?? error}` })
  }
})
process.on('disconnect', () => process.exit(0))
