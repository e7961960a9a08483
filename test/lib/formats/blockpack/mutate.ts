/** Content with some of it changed: a byte, a byte left out, a number of five or eight bytes in place of one, an end. */
export function mutate(content: Buffer, draw: () => number): Buffer {
  const at = Math.floor(draw() * content.length)
  const [front, rest] = [content.subarray(0, at), content.subarray(at + 1)]
  switch (Math.floor(draw() * 5)) {
    case 0:
      return content.length === 0 ? content : Buffer.from(content.with(at, Math.floor(draw() * 256)))
    case 1:
      return Buffer.concat([front, rest])
    case 2:
      return Buffer.concat([front, Buffer.from([255, 255, 255, 255, 255, 255, 255, 15]), rest])
    case 3:
      return Buffer.concat([front, Buffer.from([255, 255, 255, 255, 15]), rest])
    default:
      return Buffer.from(front)
  }
}
