import { expect, test } from 'vitest'
import { RoleProcess } from '../../../harness/stack/role-process.ts'

test('a role that ends with a word of another address has not started', async () => {
  const script = "console.error('error: the store at http://127.0.0.1:1: does not answer'); process.exit(1)"
  const program = [process.execPath, '-e', script, '--']
  const one = new RoleProcess({ role: 'distributor', instance: 'd', program, flags: [] })
  await expect(one.start()).rejects.toThrow(
    'distributor d did not start: error: the store at http://127.0.0.1:1: does not',
  )
})
