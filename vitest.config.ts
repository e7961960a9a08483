import { defineConfig } from 'vitest/config'

/** They hold the peak memory of their process against a bound, so each has a process of its own. */
const alone = ['test/lib/formats/blockpack/**/forged*.test.ts']

/** Young objects die in a larger nursery instead of being moved: a twentieth of the CPU time of conformance.test.ts. */
const execArgv = ['--max-semi-space-size=32']

/** What is compiled is kept for the next run, which may be that of another Node: half of what seven tests take. */
const common = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: 'forks',
  experimental: { fsModuleCache: true },
  setupFiles: 'test/support/fast-equality.ts',
} as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // Files share a worker, and what it has loaded: loading was an eighth of all CPU time.
      { test: { name: 'all', include: ['test/**/*.test.ts'], exclude: alone, isolate: false, execArgv, ...common } },
      { test: { name: 'alone', include: alone, ...common } },
    ],
  },
})
