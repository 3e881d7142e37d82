// One document for each entity; replication in batches of a thousand.
import PouchDB from 'pouchdb'
import memory from 'pouchdb-adapter-memory'
import { sleep } from '../time.mjs'

PouchDB.plugin(memory)
const BATCH = { batch_size: 1000, batches_limit: 10 }
let count = 0
const local = () => new PouchDB(`local-${process.pid}-${count++}`, { adapter: 'memory' })
const toDocument = ({ id, ...rest }) => ({ _id: id, ...rest })

export default {
  url: (port) => `http://127.0.0.1:${port}/sales`,
  async seed(url, _, entities) {
    const remote = new PouchDB(url)
    for (let n = 0; n < entities.length; n += 500) await remote.bulkDocs(entities.slice(n, n + 500).map(toDocument))
  },
  async cold(url, _, total) {
    const store = local()
    const { ok } = await store.replicate.from(url, BATCH)
    const { doc_count } = await store.info()
    if (!ok || doc_count !== total) throw new Error(`${doc_count} of ${total} documents`)
    return { url, store }
  },
  lines: async ({ store }, id) => (await store.get(id)).lines.length,
  disconnect: async () => {},
  async change(url, _, ids, status) {
    const remote = new PouchDB(url)
    const { rows } = await remote.allDocs({ keys: ids, include_docs: true })
    await remote.bulkDocs(rows.map(({ doc }) => ({ ...doc, status })))
  },
  async reconnect({ url, store }, ids, status) {
    await store.replicate.from(url, BATCH)
    if (ids.length && (await store.get(ids.at(-1))).status !== status) throw new Error('a change did not arrive')
  },
  async prepare(url, offline) {
    const stores = []
    for (const orders of offline) {
      const store = local()
      await store.bulkDocs(orders.map(toDocument))
      stores.push({ store, count: orders.length })
    }
    return { url, stores }
  },
  ingest: ({ url, stores }) =>
    Promise.all(
      stores.map(async ({ store, count }) => {
        const { docs_written } = await store.replicate.to(url, BATCH)
        if (docs_written !== count) throw new Error(`${docs_written} of ${count} orders`)
      }),
    ),
  async fanOut(url, _, readers, ids, arrived) {
    const remote = new PouchDB(url)
    const { update_seq: since } = await remote.info()
    const { rows } = await remote.allDocs({ keys: ids, include_docs: true })
    for (let n = 0; n < readers; n++) {
      PouchDB.replicate(new PouchDB(url), local(), { live: true, retry: true, since, ...BATCH })
        .on('change', ({ docs }) => docs.forEach((doc) => arrived(doc.status)))
        .on('error', console.error)
    }
    await sleep(3000)
    return { remote, documents: new Map(rows.map(({ id, doc }) => [id, doc])) }
  },
  async write({ remote, documents }, id, status) {
    const document = { ...documents.get(id), status }
    const { rev } = await remote.put(document)
    documents.set(id, { ...document, _rev: rev })
  },
}
