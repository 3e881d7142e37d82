// Hocuspocus with the schema of its SQLite extension, over Node's own SQLite.
import { DatabaseSync } from 'node:sqlite'
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'

export async function serve(directory, port) {
  const db = new DatabaseSync(`${directory}/db.sqlite`)
  db.exec('create table if not exists documents (name varchar(255) not null, data blob not null, unique(name))')
  const read = db.prepare('select data from documents where name = ?')
  const write = db.prepare('insert into documents (name, data) values (?, ?) on conflict (name) do update set data = excluded.data')
  const database = new Database({
    fetch: async ({ documentName }) => read.get(documentName)?.data ?? null,
    store: async ({ documentName, state }) => void write.run(documentName, state),
  })
  const server = new Server({ port, address: '127.0.0.1', quiet: true, stopOnSignals: false, extensions: [database] })
  await server.listen()
  return () => server.destroy()
}
