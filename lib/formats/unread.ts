import { bufferOf } from '../bytes/buffer.ts'
import { isBase64, isCsv, isTar, isWideText, isZlib } from './unread-texts.ts'

/** A container or encoding that is not read: what it is, and what to do with the file of this name. */
interface Unread {
  is: (head: Buffer) => boolean
  what: string
  todo: (file: string) => string
}

const plainName = /^[\w./+@%:,-]+$/
const exportAgain = () => 'export the traces as OTLP, Jaeger or Zipkin JSON'

/** Told by their first bytes, with which nothing begins that is read. */
const binary: readonly Unread[] = [
  compressed('xz', begins('fd377a585a00'), 'xz -dc'),
  compressed('lz4', begins('04224d18', '02214c18'), 'lz4 -dc'),
  compressed('bzip2', begins('425a68'), 'bzip2 -dc'),
  compressed('lzip', begins('4c5a4950'), 'lzip -dc'),
  compressed('lzop', begins('894c5a4f000d0a1a0a'), 'lzop -dc'),
  compressed('lzma', begins('5d0000'), 'xz --format=lzma -dc'),
  compressed('compress', begins('1f9d'), 'gzip -dc'),
  compressed('snappy', begins('ff060000734e61507059'), 'snzip -dc'),
  compressed('zlib', isZlib, 'pigz -dc'),
  archive('zip', begins('504b0304', '504b0506', '504b0708'), 'unzip'),
  archive('7z', begins('377abcaf271c'), '7z x'),
  archive('rar', begins('526172211a07'), 'unrar x'),
  archive('tar', isTar, 'tar -xf'),
  table('Avro', begins('4f626a01')),
  table('ORC', begins('4f5243')),
  table('Arrow IPC or Feather', begins('4152524f5731', '46454131', 'ffffffff')),
  table('an SQLite database', begins('53514c69746520666f726d6174203300')),
  encoded('UTF-32', head => begins('fffe0000', '0000feff')(head) || isWideText(head, 4)),
  encoded('UTF-16', head => begins('fffe', 'feff')(head) || isWideText(head, 2)),
]

/** Texts that no JSON begins with. */
const texts: readonly Unread[] = [
  table('XML', matches(/^<(?:\?xml|!(?!doctype\s+html)|(?!html\b)[a-z][\w:.-]*[\s/>])/i)),
  {
    is: isBase64,
    what: 'base64, which is not read',
    todo: file => `decode it first (${piped('base64 -d', file)})`,
  },
  table('CSV', isCsv),
]

/** What is not read and what to do, where an input begins as a compressed file, an archive or a foreign table does. */
export function describeBinary(head: Uint8Array, path: string): string | undefined {
  return describe(head, path, binary)
}

/** The same where it begins as a text in none of the formats does. */
export function describeText(head: Uint8Array, path: string): string | undefined {
  return describe(head, path, texts)
}

function describe(head: Uint8Array, path: string, kinds: readonly Unread[]): string | undefined {
  const bytes = bufferOf(head)
  const found = kinds.find(({ is }) => is(bytes))
  const todo = found?.todo(path === '-' ? '' : quoted(path))
  return todo && `${found!.what}: ${todo}`
}

function compressed(name: string, is: Unread['is'], command: string): Unread {
  const todo = (file: string) => `decompress it first (${piped(command, file)})`
  return { is, what: `compressed with ${name}, which is not read`, todo }
}

function archive(name: string, is: Unread['is'], command: string): Unread {
  const todo = (file: string) => `unpack it first (${command} ${file || '-'}) and name the files in it`
  return { is, what: `a ${name} archive, which is not read`, todo }
}

function table(name: string, is: Unread['is']): Unread {
  return { is, what: `${name}, which is not read`, todo: exportAgain }
}

function encoded(name: string, is: Unread['is']): Unread {
  const todo = (file: string) => `convert it first (${piped(`iconv -f ${name} -t UTF-8`, file)})`
  return { is, what: `text in ${name}, which is not read`, todo }
}

function piped(command: string, file: string): string {
  return `${command}${file && ` ${file}`} | … --input -`
}

function quoted(path: string): string {
  return plainName.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

/** True where the input begins with one of these bytes, in hex. */
function begins(...magics: readonly string[]): Unread['is'] {
  return head => magics.some(magic => head.toString('hex', 0, magic.length / 2) === magic)
}

function matches(pattern: RegExp): Unread['is'] {
  return head => pattern.test(head.toString('utf8', 0, 1_000).trimStart())
}
