import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { openProgress } from '../../../harness/text/progress.ts'

function stream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const passed = Object.assign(new PassThrough(), { isTTY, columns: 100 })
  let text = ''
  passed.on('data', chunk => {
    text += chunk
  })
  return { stream: passed as unknown as NodeJS.WriteStream, text: () => text }
}

test('at a terminal several stages run at once, and no note is lost however soon the last stage ends', () => {
  const { stream: terminal, text } = stream(true)
  const progress = openProgress(terminal)
  const [first, second] = [progress.stage('first', 10), progress.stage('second', 10)]
  first.advance(5)
  first.end()
  progress.note('first is earned')
  second.end()
  progress.note('second is earned')
  for (const words of ['second', 'first is earned', 'second is earned']) expect(text()).toContain(words)
})

test('elsewhere there is a line per stage and no note', () => {
  const { stream: pipe, text } = stream(false)
  const progress = openProgress(pipe)
  progress.stage('first', 10).end()
  progress.note('first is earned')
  expect(text()).toBe('first\n')
})
