import { type Ceph, cephMissing, startCeph } from '../../harness/stack/ceph.ts'

/** Why tests of S3 are skipped; undefined where they are not. */
export const withoutCeph: string | undefined = cephMissing && `skipped, ${cephMissing}`

// Test files of one process share it.
const shared = globalThis as { cephOfTests?: Promise<Ceph> }

/** The one of this process, which ends with it. */
export function startedCeph(): Promise<Ceph> {
  shared.cephOfTests ??= startCeph()
  return shared.cephOfTests
}
