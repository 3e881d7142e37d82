//! The file system that SQLite calls: every call goes to a [`Disk`].

#![expect(unsafe_code, reason = "SQLite's file systems are C functions that are handed pointers")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, Once};

use libsqlite3_sys as ffi;

use super::locks::{Locks, SLOTS};
use super::pages::Pages;
use super::{Disk, Trouble, VFS, disk, lock};

/// What SQLite holds of an open file: its methods, then ours.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

/// One connection's hold of one file.
struct Handle {
    place: Place,
    held: c_int,
    slots: [i32; SLOTS],
    delete_on_close: bool,
}

enum Place {
    Disk {
        disk: Arc<Disk>,
        name: String,
        generation: u64,
        locks: Arc<Mutex<Locks>>,
    },
    /// A nameless file for sorting and the like.
    Scratch(Pages),
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(raise),
    xUnlock: Some(lower),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the file system known to SQLite, once in a process.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let name: &'static str = Box::leak(format!("{VFS}\0").into_boxed_str());
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: size_of::<OpenFile>() as c_int,
            mxPathname: 256,
            pNext: null_mut(),
            zName: name.as_ptr().cast(),
            pAppData: null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure and its name live as long as the process.
        let registered = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the file system");
    });
}

/// The disk and the file that a path names.
fn place_of(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    // SAFETY: SQLite hands over names that end with a zero.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (name, file) = path.strip_prefix('/')?.split_once('/')?;
    Some((disk(name)?, file.to_owned()))
}

fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
    // SAFETY: every file that SQLite hands over was filled in by `open`, and one connection is used
    // by one thread at a time.
    unsafe { &mut *(*file.cast::<OpenFile>()).handle }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let opened = file.cast::<OpenFile>();
    // SAFETY: SQLite gives `szOsFile` bytes. Without methods it does not call `close`.
    unsafe {
        (*opened).base.pMethods = null();
        (*opened).handle = null_mut();
    }
    let place = if path.is_null() {
        Place::Scratch(Pages::default())
    } else {
        let Some((disk, name)) = place_of(path) else { return ffi::SQLITE_CANTOPEN };
        let mut state = disk.state();
        if state.dead || (flags & ffi::SQLITE_OPEN_CREATE == 0 && !state.files.contains_key(&name))
        {
            return ffi::SQLITE_CANTOPEN;
        }
        let generation = state.generation;
        let locks = state.files.entry(name.clone()).or_default().locks.clone();
        drop(state);
        Place::Disk { disk, name, generation, locks }
    };
    let delete_on_close = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
    let handle = Box::new(Handle { place, held: 0, slots: [0; SLOTS], delete_on_close });
    // SAFETY: as above; `close` takes the box back.
    unsafe {
        (*opened).handle = Box::into_raw(handle);
        (*opened).base.pMethods = &METHODS;
        if !out.is_null() {
            *out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let opened = file.cast::<OpenFile>();
    // SAFETY: `open` made the box, and SQLite closes a file once.
    let mut handle = unsafe { Box::from_raw((*opened).handle) };
    if let Place::Disk { disk, name, generation, locks } = &handle.place {
        let mut locks = lock(locks);
        locks.lower(&mut handle.held, ffi::SQLITE_LOCK_NONE);
        locks.give_back(&mut handle.slots, 0, SLOTS);
        drop(locks);
        let mut state = disk.state();
        if handle.delete_on_close && state.alive(*generation) {
            state.files.remove(name);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a buffer of that size.
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), count as usize) };
    let got = match &handle(file).place {
        Place::Scratch(pages) => pages.read(at as usize, into),
        Place::Disk { disk, name, generation, .. } => {
            let state = disk.state();
            if !state.alive(*generation) {
                return ffi::SQLITE_IOERR_READ;
            }
            let Some(file) = state.files.get(name) else { return ffi::SQLITE_IOERR_READ };
            file.pages.read(at as usize, into)
        }
    };
    if got < into.len() {
        into[got..].fill(0);
        return ffi::SQLITE_IOERR_SHORT_READ;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a buffer of that size.
    let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count as usize) };
    let wrote = match &mut handle(file).place {
        Place::Scratch(pages) => {
            pages.write(at as usize, from);
            Ok(())
        }
        Place::Disk { disk, name, generation, .. } => {
            disk.state().write(*generation, name, at as usize, from)
        }
    };
    code(wrote, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    let truncated = match &mut handle(file).place {
        Place::Scratch(pages) => {
            pages.truncate(len as usize);
            Ok(())
        }
        Place::Disk { disk, name, generation, .. } => {
            disk.state().truncate(*generation, name, len as usize)
        }
    };
    code(truncated, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let synced = match &handle(file).place {
        Place::Scratch(_) => Ok(()),
        Place::Disk { disk, name, generation, .. } => disk.state().sync(*generation, name),
    };
    code(synced, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    let len = match &handle(file).place {
        Place::Scratch(pages) => pages.len(),
        Place::Disk { disk, name, .. } => {
            disk.state().files.get(name).map_or(0, |file| file.pages.len())
        }
    };
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = len as i64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn raise(file: *mut ffi::sqlite3_file, wanted: c_int) -> c_int {
    let handle = handle(file);
    let Place::Disk { disk, generation, locks, .. } = &handle.place else { return ffi::SQLITE_OK };
    // Otherwise a connection of a process that is gone, once it closes, would take itself for the
    // last one and delete the log under its successor.
    if !disk.state().alive(*generation) {
        return ffi::SQLITE_IOERR_LOCK;
    }
    if lock(locks).raise(&mut handle.held, wanted) { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn lower(file: *mut ffi::sqlite3_file, wanted: c_int) -> c_int {
    let handle = handle(file);
    if let Place::Disk { locks, .. } = &handle.place {
        lock(locks).lower(&mut handle.held, wanted);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    let reserved = match &handle(file).place {
        Place::Disk { locks, .. } => lock(locks).is_reserved(),
        Place::Scratch(_) => false,
    };
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    len: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let Place::Disk { locks, .. } = &handle(file).place else { return ffi::SQLITE_IOERR_SHMMAP };
    let mut locks = lock(locks);
    let region = region as usize;
    while extend != 0 && locks.regions.len() <= region {
        locks.regions.push(vec![0; len as usize].into_boxed_slice());
    }
    // SAFETY: SQLite gives a place for the answer. A region lives and stays where it is as long as
    // a handle holds the locks.
    unsafe {
        *out = locks.regions.get_mut(region).map_or(null_mut(), |it| it.as_mut_ptr().cast());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let handle = handle(file);
    let Place::Disk { locks, .. } = &handle.place else { return ffi::SQLITE_OK };
    let (mut locks, first, count) = (lock(locks), first as usize, count as usize);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        locks.give_back(&mut handle.slots, first, count);
        return ffi::SQLITE_OK;
    }
    let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if locks.take(&mut handle.slots, first, count, alone) {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_BUSY
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    let handle = handle(file);
    if let Place::Disk { locks, .. } = &handle.place {
        let mut locks = lock(locks);
        locks.give_back(&mut handle.slots, 0, SLOTS);
        if delete != 0 {
            locks.regions.iter_mut().for_each(|region| region.fill(0));
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, _: c_int) -> c_int {
    let Some((disk, name)) = place_of(path) else { return ffi::SQLITE_IOERR_DELETE };
    let mut state = disk.state();
    // A process that is gone deletes nothing.
    if state.dead {
        return ffi::SQLITE_IOERR_DELETE;
    }
    match state.files.remove(&name) {
        Some(_) => ffi::SQLITE_OK,
        None => ffi::SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    let there = place_of(path).is_some_and(|(disk, name)| disk.state().files.contains_key(&name));
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: the name ends with a zero, and `out` has room for `room` bytes.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

/// Nothing that is simulated may depend on SQLite's own randomness.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives a buffer of that size.
    unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), count as usize) }.fill(7);
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    std::thread::sleep(std::time::Duration::from_micros(micros.min(100) as u64));
    micros
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = 2_461_000.0 };
    ffi::SQLITE_OK
}

fn code(done: Result<(), Trouble>, failed: c_int) -> c_int {
    match done {
        Ok(()) => ffi::SQLITE_OK,
        Err(Trouble::Failed) => failed,
        Err(Trouble::Full) => ffi::SQLITE_FULL,
    }
}
