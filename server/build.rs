//! Both apps' folders must exist when the server is compiled, or it would be compiled without them
//! for good: they are filled later, and read while it runs.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for folder in ["../mobile/build", "office/build"] {
        if let Err(error) = std::fs::create_dir_all(folder) {
            println!("cargo:warning=cannot make {folder}: {error}");
        }
    }
}
