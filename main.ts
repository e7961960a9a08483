import { loadCli } from './harness/start.ts'

const { main } = await loadCli()
await main(process.argv.slice(2))
