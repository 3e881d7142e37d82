// A peer's server: node serve.mjs PEER DIRECTORY PORT
const [peer, directory, port] = process.argv.slice(2)
const { serve } = await import(`./${peer}/server.mjs`)
const stop = await serve(directory, Number(port))
process.on('SIGTERM', async () => {
  await Promise.race([stop?.(), new Promise((resolve) => setTimeout(resolve, 5000))])
  process.exit(0)
})
process.send({ ready: true })
