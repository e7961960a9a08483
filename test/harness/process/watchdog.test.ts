import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

const program = `
import { spawn } from 'node:child_process'
import { endWithUs } from ${JSON.stringify(new URL('../../../harness/process/watchdog.ts', import.meta.url).href)}
const child = spawn(process.execPath, ['-e', 'for (;;);'])
endWithUs(child)
child.once('exit', () => process.stdout.write('ended'))
process.once('SIGUSR2', () => child.kill('SIGKILL'))
process.stdout.write(String(child.pid))`

async function startProgram() {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program]
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(String((await once(parent.stdout, 'data'))[0]))
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  return { parent, pid }
}

test('a process in an endless loop ends with its parent that is killed', async () => {
  const { parent, pid } = await startProgram()
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 3000, interval: 20 })
})

test('what watches a process does not keep its parent from ending', async () => {
  const { parent } = await startProgram()
  parent.kill('SIGUSR2')
  expect((await once(parent, 'exit'))[0]).toBe(0)
})
