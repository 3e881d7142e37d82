// One document for each entity. Their addresses are handed over outside of the protocol. It has no
// acknowledgement of its own: the server's heads in a sync message that equal ours count as one.
import * as Automerge from '@automerge/automerge'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { pool, sleep, until } from '../time.mjs'

const key = (heads) => heads.toSorted().join()

function create(url, connected = true) {
  const adapter = new WebSocketClientAdapter(url, 60_000)
  const peerId = `client-${process.pid}-${Math.random().toString(36).slice(2)}`
  const repo = new Repo({ network: connected ? [adapter] : [], peerId })
  return { repo, adapter, acknowledged: acknowledgements(repo) }
}

function acknowledgements(repo) {
  const seen = new Map()
  const waiting = new Map()
  repo.networkSubsystem.on('message', ({ type, documentId, data }) => {
    if (type !== 'sync') return
    seen.set(documentId, key(Automerge.decodeSyncMessage(data).heads))
    const wanted = waiting.get(documentId)
    if (wanted?.heads === seen.get(documentId)) wanted.resolve()
  })
  return (handle) => {
    const heads = key(Automerge.getHeads(handle.doc()))
    if (seen.get(handle.documentId) === heads) return Promise.resolve()
    return new Promise((resolve) => waiting.set(handle.documentId, { heads, resolve }))
  }
}

export default {
  url: (port) => `ws://127.0.0.1:${port}`,
  async seed(url, _, entities) {
    const client = create(url, false)
    const handles = entities.map((entity) => [entity.id, client.repo.create(entity)])
    client.repo.networkSubsystem.addNetworkAdapter(client.adapter)
    await Promise.all(handles.map(([, handle]) => client.acknowledged(handle)))
    await sleep(2000)
    return Object.fromEntries(handles.map(([id, handle]) => [id, handle.url]))
  },
  async cold(url, known) {
    const client = create(url)
    const handles = new Map()
    await pool(Object.entries(known), 500, async ([id, address]) => handles.set(id, await client.repo.find(address)))
    return { ...client, handles }
  },
  lines: async ({ handles }, id) => handles.get(id).doc().lines.length,
  async disconnect({ adapter }) {
    adapter.disconnect()
    await sleep(500)
  },
  async change(url, known, ids, status) {
    const client = create(url)
    await Promise.all(
      ids.map(async (id) => {
        const handle = await client.repo.find(known[id])
        handle.change((document) => {
          document.status = status
        })
        await client.acknowledged(handle)
      }),
    )
  },
  async reconnect({ repo, adapter, handles }, ids, status) {
    adapter.connect(repo.peerId, (await repo.networkSubsystem.peerMetadata) ?? {})
    await until(() => ids.every((id) => handles.get(id).doc().status === status), 'the changes')
  },
  prepare: async (url, offline) =>
    offline.map((orders) => {
      const client = create(url, false)
      return { ...client, handles: orders.map((order) => client.repo.create(order)) }
    }),
  ingest: (phones) =>
    Promise.all(
      phones.map(async ({ repo, adapter, handles, acknowledged }) => {
        repo.networkSubsystem.addNetworkAdapter(adapter)
        await Promise.all(handles.map(acknowledged))
      }),
    ),
  async fanOut(url, known, readers, ids, arrived) {
    const connected = (client) => until(() => client.repo.peers.length > 0, 'a peer', 30_000)
    const writer = create(url)
    await connected(writer)
    const handles = new Map()
    for (const id of ids) handles.set(id, await writer.repo.find(known[id]))
    await pool(Array.from({ length: readers }), 5, async () => {
      const client = create(url)
      await connected(client)
      await pool(ids, 100, async (id) => {
        const handle = await client.repo.find(known[id])
        handle.on('change', () => arrived(handle.doc().status))
      })
    })
    return { ...writer, handles }
  },
  async write({ handles, acknowledged }, id, status) {
    const handle = handles.get(id)
    handle.change((document) => {
      document.status = status
    })
    await acknowledged(handle)
  },
}
