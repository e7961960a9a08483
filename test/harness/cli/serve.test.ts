import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'serve-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const capture = join(folder, 'spans.ndjson')
writeFileSync(capture, '{"traceId":"0102","spanId":"03","name":"a","startTimeUnixNano":"5","endTimeUnixNano":"9"}\n')

test('answers over a capture until it is asked to end, which is no failure', async () => {
  const server = spawn(process.execPath, ['--import', 'tsx', 'main.ts', 'serve', '--blocks', capture, '--port', '0'])
  const [line] = (await once(server.stderr, 'data')) as [Buffer]
  const [, url] = /1 span of 1 file at (http:\S+),/.exec(String(line)) ?? []
  expect(await (await fetch(`${url}/api/search?q=%7B%7D`)).json()).toMatchObject({ traces: [{ traceID: '102' }] })
  const taken = await lab('serve', '--blocks', capture, '--port', new URL(url!).port)
  expect(taken).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^127.0.0.1:\d+: another program listens there\n$/),
  })
  server.kill('SIGTERM')
  expect(await once(server, 'close')).toEqual([0, null])
})

test.each([
  [[], 2, /blocks/],
  [['--blocks', join(folder, 'nope')], 1, /nope: no such file$/m],
  [['--blocks', capture, '--port', '99999'], 2, /--port 99999: needs an integer from 0 to 65535/],
  [['--blocks', capture, '--timeout', '0'], 2, /--timeout 0: needs a duration/],
])('serve %j is refused', async (flags, code, reason) => {
  expect(await lab('serve', ...flags)).toMatchObject({ code, stderr: expect.stringMatching(reason) })
})
