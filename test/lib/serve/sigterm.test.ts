import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sendOtlp, serveData } from '../../support/served.ts'
import { requestOf } from '../../support/store-spans.ts'

/** How HTTP/2 begins: the preface, and settings that are empty. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'
const beginnings = ['', 'P', 'PRI * HT', preface, 'POST /v1/traces HTTP/1.1\r\nHost: x\r\n']

test('SIGTERM ends the process with 0 within seconds, though peers are silent and never close their end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sigterm-'))
  const served = await serveData(folder)
  const ports = [...served.stderr().matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))
  expect(ports).toHaveLength(4)
  const sockets: Socket[] = []
  for (const port of ports)
    for (const beginning of Array.from({ length: 10 }, () => beginnings).flat()) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
      sockets.push(socket)
      await once(socket, 'connect')
      if (beginning !== '') socket.write(beginning)
      socket.resume()
    }
  expect(await sendOtlp(served.otlp, requestOf([[1, 1]]))).toBe(200)
  await sleep(100)
  const ended = served.kill('SIGTERM')
  const first = await Promise.race([ended, sleep(8_000, 'still running')])
  for (const socket of sockets) socket.destroy()
  if (first === 'still running') await served.kill('SIGKILL')
  rmSync(folder, { recursive: true })
  expect(first).toEqual([0, null])
}, 30_000)
