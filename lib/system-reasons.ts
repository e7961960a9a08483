/** What the error numbers of the file system mean, in words. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'is no address of this machine',
  EAGAIN: 'the system is out of resources for now; try again',
  EBUSY: 'is in use by the system',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'exists already',
  EFBIG: 'the file would exceed the maximum file size (`ulimit -f`, or the limit of the file system)',
  EINVAL: 'the system does not support this here',
  EIO: 'the device failed to read or write',
  EISDIR: 'is a folder',
  ELOOP: 'its symbolic links form a circle',
  EMFILE: 'too many files are open in this process (`ulimit -n`)',
  EMLINK: 'has too many links',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open on this machine',
  ENODEV: 'no such device',
  ENOENT: 'no such file or folder',
  ENOMEM: 'the system is out of memory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'its folder is a file',
  ENOTEMPTY: 'the folder is not empty',
  ENXIO: 'nothing listens at the other end',
  EPERM: 'the system does not permit it',
  EPIPE: 'its reader has closed it',
  EROFS: 'the file system is read-only',
  ESTALE: 'the network file system has lost it',
  ETXTBSY: 'is a program that is running',
  EXDEV: 'is on another file system',
}

/** The reason of an error that the system reported; undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { code?: string; syscall?: string }
  return code === undefined || syscall === undefined ? undefined : (reasons[code] ?? `the system reports ${code}`)
}
