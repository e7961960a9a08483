import { createRequire } from 'node:module'
import { LabError } from '../error.ts'

const require = createRequire(import.meta.url)

/** A package with a binary, loaded when it is first needed: one that cannot be is a `missing` error with its name. */
export function loadNative<T>(name: string): T {
  try {
    return require(name) as T
  } catch (cause) {
    throw new LabError('missing', `${name}: cannot be loaded on this machine; run npm ci again`, { cause })
  }
}
