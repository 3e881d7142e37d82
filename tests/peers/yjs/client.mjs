// One Y.Doc for each kind of entity with a Y.Map for each of them; what a rep recorded offline is a
// Y.Doc of its own. One more client stays connected, so that the server keeps the documents open.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { pool, sleep, until } from '../time.mjs'

const KINDS = ['customers', 'products', 'orders']
const ORDERS = 2
const connect = (url) => new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })

function toMap(entity) {
  const map = new Y.Map()
  for (const [key, value] of Object.entries(entity)) map.set(key, value)
  return map
}

function open(websocketProvider, name, document = new Y.Doc()) {
  const provider = new HocuspocusProvider({ websocketProvider, name, document })
  provider.attach?.()
  return provider
}

const isSynced = (provider) => provider.synced && !provider.hasUnsyncedChanges
const synced = (provider) =>
  new Promise((resolve) => {
    const look = () => isSynced(provider) && resolve()
    provider.on('synced', look)
    provider.on('unsyncedChanges', look)
    look()
  })
const entities = (document) => document.getMap('entities')

async function everything(url, total) {
  const socket = connect(url)
  const documents = KINDS.map(() => new Y.Doc())
  const providers = KINDS.map((kind, n) => open(socket, kind, documents[n]))
  await Promise.all(providers.map(synced))
  await until(() => documents.reduce((sum, document) => sum + entities(document).size, 0) === total, 'everything')
  return { url, total, socket, documents, providers }
}

export default {
  url: (port) => `ws://127.0.0.1:${port}/`,
  async seed(url, data) {
    const socket = connect(url)
    for (const kind of KINDS) {
      const document = new Y.Doc()
      document.transact(() => data[kind].forEach((entity) => entities(document).set(entity.id, toMap(entity))))
      await synced(open(socket, kind, document))
    }
    await sleep(4000)
  },
  cold: (url, _, total) => everything(url, total),
  lines: async ({ documents }, id) => entities(documents[ORDERS]).get(id).get('lines').length,
  async disconnect(state) {
    state.other ??= await everything(state.url, state.total)
    state.providers.forEach((provider) => provider.destroy())
    state.socket.destroy()
    await sleep(500)
  },
  async change(url, _, ids, status, total) {
    const { documents, providers } = await everything(url, total)
    documents[ORDERS].transact(() => ids.forEach((id) => entities(documents[ORDERS]).get(id).set('status', status)))
    await sleep(100)
    await synced(providers[ORDERS])
    await sleep(3000)
  },
  async reconnect(state, ids, status) {
    state.socket = connect(state.url)
    state.providers = KINDS.map((kind, n) => open(state.socket, kind, state.documents[n]))
    await Promise.all(state.providers.map(synced))
    const orders = entities(state.documents[ORDERS])
    await until(() => ids.every((id) => orders.get(id).get('status') === status), 'the changes')
  },
  async prepare(url, offline) {
    const documents = offline.map((orders) => {
      const document = new Y.Doc()
      document.transact(() => orders.forEach((order) => entities(document).set(order.id, toMap(order))))
      return document
    })
    return { url, documents }
  },
  ingest: ({ url, documents }) =>
    Promise.all(documents.map((document, n) => synced(open(connect(url), `rep-${n}`, document)))),
  async fanOut(url, _, readers, ids, arrived) {
    const document = new Y.Doc()
    const padding = 'x'.repeat(1000)
    document.transact(() => ids.forEach((id) => entities(document).set(id, toMap({ id, status: '', padding }))))
    const provider = open(connect(url), 'live', document)
    await synced(provider)
    await pool(Array.from({ length: readers }), 5, async () => {
      const copy = new Y.Doc()
      await synced(open(connect(url), 'live', copy))
      await until(() => entities(copy).size === ids.length, 'a reader')
      entities(copy).observeDeep((events) => events.forEach((event) => arrived(event.target.get?.('status'))))
    })
    return { document, provider }
  },
  async write({ document, provider }, id, status) {
    entities(document).get(id).set('status', status)
    await synced(provider)
  },
}
