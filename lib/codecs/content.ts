import { LabError } from '../error.ts'

/** Fails if the stored bytes cannot hold content of this size: called before memory is allocated for it. */
export function checkReach(
  subject: string,
  stored: Uint8Array,
  byteLength: number,
  maxBytesPerStoredByte: number,
): void {
  if (byteLength > stored.length * maxBytesPerStoredByte)
    throw new LabError('corrupt', `${subject}: ${stored.length} bytes cannot hold ${byteLength}`)
}

/** What `decode` gives, exactly `byteLength` bytes; another length is corrupt, and so is what the codec refuses. */
export function contentOf(subject: string, byteLength: number, decode: () => Uint8Array): Uint8Array {
  const content = attempt(subject, decode)
  if (content.length === byteLength) return content
  throw new LabError('corrupt', `${subject}: expected ${byteLength} bytes, found ${content.length}`)
}

function attempt(subject: string, decode: () => Uint8Array): Uint8Array {
  try {
    return decode()
  } catch (cause) {
    throw new LabError('corrupt', `${subject}: ${(cause as Error).message}`, { cause })
  }
}
