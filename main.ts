import { main } from './harness/cli.ts'

await main(process.argv.slice(2))
