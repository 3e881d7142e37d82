// Built as `jazz-run sync` is, on the current cojson, storing through Node's own SQLite.
import http from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { LocalNode, getSqliteStorage } from 'cojson'
import { NapiCrypto } from 'cojson/crypto/NapiCrypto'
import { createWebSocketPeer } from 'cojson-transport-ws'
import { WebSocketServer } from 'ws'

function driver(db) {
  return {
    run: (sql, values) => void db.prepare(sql).run(...values),
    query: (sql, values) => db.prepare(sql).all(...values),
    get: (sql, values) => db.prepare(sql).get(...values),
    transaction(work) {
      db.exec('begin')
      try {
        const result = work()
        db.exec('commit')
        return result
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    closeDb: () => db.close(),
  }
}

export async function serve(directory, port) {
  const db = new DatabaseSync(`${directory}/db.sqlite`)
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  const crypto = await NapiCrypto.create()
  const secret = crypto.newRandomAgentSecret()
  const node = new LocalNode(secret, crypto.newRandomSessionID(crypto.getAgentID(secret)), crypto)
  node.setStorage(getSqliteStorage(driver(db)))
  const sockets = new WebSocketServer({ noServer: true })
  let count = 0
  sockets.on('connection', (websocket) => {
    websocket.on('error', console.error)
    const options = { role: 'client', expectPings: false, batchingByDefault: false, deletePeerStateOnClose: true }
    node.syncManager.addPeer(createWebSocketPeer({ id: `client${count++}`, websocket, ...options }))
  })
  const server = http.createServer((_, response) => response.end('ok'))
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (websocket) => sockets.emit('connection', websocket, request)),
  )
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return () => node.gracefulShutdown()
}
