/** Storage that can't be had and will not come by itself: a file that is no database, one of a newer version. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';
}
