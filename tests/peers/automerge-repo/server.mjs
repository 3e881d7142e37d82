// Wired as its sync server is, on the current automerge-repo.
import http from 'node:http'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'

export async function serve(directory, port) {
  const sockets = new WebSocketServer({ noServer: true })
  const network = [new WebSocketServerAdapter(sockets)]
  new Repo({ network, storage: new NodeFSStorageAdapter(directory), peerId: 'server', sharePolicy: async () => false })
  const server = http.createServer((_, response) => response.end('ok'))
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (websocket) => sockets.emit('connection', websocket, request)),
  )
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}
