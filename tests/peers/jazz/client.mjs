// One CoMap for each entity. Their ids are handed over outside of the protocol, which spares it an
// index.
import { LocalNode } from 'cojson'
import { NapiCrypto } from 'cojson/crypto/NapiCrypto'
import { createWebSocketPeer } from 'cojson-transport-ws'
import WebSocket from 'ws'
import { pool, sleep } from '../time.mjs'

const crypto = await NapiCrypto.create()
let count = 0

function attach(client, url) {
  client.socket = new WebSocket(url)
  const options = { role: 'server', expectPings: false, batchingByDefault: true, deletePeerStateOnClose: true }
  client.node.syncManager.addPeer(createWebSocketPeer({ id: `server${count++}`, websocket: client.socket, ...options }))
  return client
}

async function create(url) {
  const { node } = await LocalNode.withNewlyCreatedAccount({ creationProps: { name: 'bench' }, crypto, peers: [] })
  return url ? attach({ node }, url) : { node }
}

function group(node) {
  const made = node.createGroup()
  made.addMember('everyone', 'writer')
  return made
}

async function load({ node }, id) {
  const map = await node.load(id)
  if (map === 'unavailable') throw new Error(`${id} is unavailable`)
  return map
}

const stored = ({ node }, map) => node.syncManager.waitForSync(map.id, 170_000)

export default {
  url: (port) => `ws://127.0.0.1:${port}/`,
  async seed(url, _, entities) {
    const client = await create(url)
    const owner = group(client.node)
    await stored(client, owner)
    const ids = {}
    await pool(entities, 500, async (entity) => {
      const map = owner.createMap(entity)
      ids[entity.id] = map.id
      await stored(client, map)
    })
    return ids
  },
  async cold(url, known) {
    const client = await create(url)
    const maps = new Map()
    await pool(Object.entries(known), 1000, async ([id, map]) => maps.set(id, await load(client, map)))
    return { ...client, url, maps }
  },
  lines: async ({ maps }, id) => maps.get(id).get('lines').length,
  async disconnect({ socket }) {
    socket.close()
    await sleep(500)
  },
  async change(url, known, ids, status) {
    const client = await create(url)
    await Promise.all(
      ids.map(async (id) => {
        const map = await load(client, known[id])
        map.set('status', status)
        await stored(client, map)
      }),
    )
  },
  async reconnect(state, ids, status) {
    const seen = ids.map(
      (id) =>
        new Promise((resolve) => {
          state.maps.get(id).subscribe((map) => map.get('status') === status && resolve())
        }),
    )
    attach(state, state.url)
    await Promise.all(seen)
  },
  async prepare(url, offline) {
    const phones = []
    for (const orders of offline) {
      const client = await create()
      const owner = group(client.node)
      phones.push({ ...client, maps: orders.map((order) => owner.createMap(order)) })
    }
    return { url, phones }
  },
  ingest: ({ url, phones }) =>
    Promise.all(
      phones.map(async (phone) => {
        attach(phone, url)
        await Promise.all(phone.maps.map((map) => stored(phone, map)))
      }),
    ),
  async fanOut(url, known, readers, ids, arrived) {
    const writer = await create(url)
    const maps = new Map()
    for (const id of ids) maps.set(id, await load(writer, known[id]))
    await pool(Array.from({ length: readers }), 5, async () => {
      const client = await create(url)
      await Promise.all(
        ids.map(async (id) => (await load(client, known[id])).subscribe((map) => arrived(map.get('status')))),
      )
    })
    return { ...writer, maps }
  },
  async write(writer, id, status) {
    const map = writer.maps.get(id)
    map.set('status', status)
    await stored(writer, map)
  },
}
