/** The first part of a stream, `byteLength` bytes or all there is, and the whole stream with it in front again. */
export async function readHead(
  chunks: AsyncIterable<Uint8Array>,
  byteLength: number,
): Promise<{ head: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let seen = 0
  while (seen < byteLength) {
    const { done, value } = await iterator.next()
    if (done) break
    parts.push(value)
    seen += value.length
  }
  return { head: Buffer.concat(parts).subarray(0, byteLength), chunks: replay(parts, iterator) }
}

/** Not a generator: one that has not begun would not close the stream when it is left. */
function replay(parts: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      const value = parts.shift()
      return value === undefined ? await rest.next() : { done: false, value }
    },
    return: async () => {
      await rest.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}
