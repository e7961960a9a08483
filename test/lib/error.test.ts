import { expect, test } from 'vitest'
import { LabError, naming } from '../../lib/error.ts'
import { labError } from '../support/errors.ts'

const fail = () => {
  throw new LabError('corrupt', 'byte 3: wrong')
}

test('errors now and later get the subject in front, with their kind', async () => {
  expect(labError(() => naming('a.json', fail))).toMatchObject({ kind: 'corrupt', message: 'a.json: byte 3: wrong' })
  await expect(naming('a.json', async () => fail())).rejects.toMatchObject({ message: 'a.json: byte 3: wrong' })
})

test('what is no error of ours passes unchanged, and so do results', async () => {
  const other = new TypeError('not ours')
  await expect(naming('a.json', () => Promise.reject(other))).rejects.toBe(other)
  expect(naming('a.json', () => 5)).toBe(5)
})
