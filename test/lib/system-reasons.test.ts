import { expect, test } from 'vitest'
import { LabError, messageOf, systemError } from '../../lib/error.ts'

const failure = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: as the system says it`), { code, syscall: 'write', ...(path ? { path } : {}) })

test.each([
  'EFBIG',
  'EDQUOT',
  'ENOSPC',
  'EMFILE',
  'ENFILE',
  'EIO',
  'EROFS',
  'ENAMETOOLONG',
  'ELOOP',
  'EACCES',
  'EPIPE',
])('%s is a reason in words, with the file in front', code => {
  for (const message of [messageOf(systemError('a/b', failure(code))), messageOf(failure(code, 'a/b'))]) {
    expect(message).toMatch(/^a\/b: [a-z(]/)
    expect(message).not.toContain(code)
  }
})

test('an error number without words is still named', () =>
  expect(messageOf(systemError('a', failure('EWHAT')))).toBe('a: the system reports EWHAT'))

test('other errors are as they were', () => {
  const [own, other] = [new LabError('invalid', 'x: no'), new Error('some\nlines')]
  expect([systemError('a', own), systemError('a', other)]).toEqual([own, other])
  expect([messageOf(own), messageOf(other), messageOf('text'), messageOf(undefined)]).toEqual([
    'x: no',
    'some',
    'text',
    'undefined',
  ])
})
