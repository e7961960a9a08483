import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Ends a process when this one ends, even if killed, and however busy the process is. A shell waits for its standard
 * input, which this process holds, to end: a thread within the process would count in what is measured of it.
 */
export function endWithUs(child: ChildProcess): void {
  const watchdog = spawn('sh', ['-c', 'read line || kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  for (const emitter of [watchdog, watchdog.stdin]) emitter.on('error', () => {})
  watchdog.unref()
  ;(watchdog.stdin as Socket).unref()
  child.once('exit', () => watchdog.stdin.end('\n'))
}
