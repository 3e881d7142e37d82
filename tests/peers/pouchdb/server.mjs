// express-pouchdb on LevelDB, with as little around it as it allows.
import express from 'express'
import expressPouchdb from 'express-pouchdb'
import PouchDB from 'pouchdb'

export async function serve(directory, port) {
  const Stored = PouchDB.defaults({ prefix: `${directory}/` })
  const app = express()
  app.use('/', expressPouchdb(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: '/dev/null' }))
  await new Stored('sales').info()
  await new Promise((resolve) => app.listen(port, '127.0.0.1', resolve))
}
