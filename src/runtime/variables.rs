//! Variables from which programs, interpreters and their tools load code.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::loads::option_values;
use super::table::RUNTIMES;

const NAMES: [&str; 141] = [
    "ALSA_CONFIG_PATH",
    "ANSIBLE_CONFIG",
    "ANT_OPTS",
    "BASH_ENV",
    "BUNDLE_APP_CONFIG",
    "BUNDLE_GEMFILE",
    "BUNDLE_PATH",
    "BUN_INSTALL",
    "CAML_LD_LIBRARY_PATH",
    "CARGO_HOME",
    "CATALINA_OPTS",
    "CLASSPATH",
    "COMPOSER_HOME",
    "CONDA_PREFIX",
    "CORECLR_PROFILER_PATH",
    "COREPACK_HOME",
    "DENO_DIR",
    "DOTNET_ADDITIONAL_DEPS",
    "DOTNET_ROOT",
    "DOTNET_SHARED_STORE",
    "DOTNET_STARTUP_HOOKS",
    "EMACSLOADPATH",
    "ENV",
    "ERL_AFLAGS",
    "ERL_FLAGS",
    "ERL_LIBS",
    "ERL_ZFLAGS",
    "FLASK_APP",
    "FPATH",
    "GCONV_PATH",
    "GDK_PIXBUF_MODULEDIR",
    "GDK_PIXBUF_MODULE_FILE",
    "GEM_HOME",
    "GEM_PATH",
    "GHC_PACKAGE_PATH",
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GI_TYPELIB_PATH",
    "GOPATH",
    "GRADLE_OPTS",
    "GRADLE_USER_HOME",
    "GST_PLUGIN_PATH",
    "GTK_MODULES",
    "GTK_PATH",
    "GUILE_LOAD_COMPILED_PATH",
    "GUILE_LOAD_PATH",
    "GUNICORN_CMD_ARGS",
    "HOME",
    "JAVA_HOME",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JULIA_DEPOT_PATH",
    "JULIA_LOAD_PATH",
    "KRB5_CONFIG",
    "LADSPA_PATH",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LESSOPEN",
    "LIBVA_DRIVERS_PATH",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "LV2_PATH",
    "M2_HOME",
    "MAGICK_CODER_MODULE_PATH",
    "MAGICK_CONFIGURE_PATH",
    "MAKEFILES",
    "MAVEN_OPTS",
    "MIX_HOME",
    "MONO_PATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NPM_CONFIG_PREFIX",
    "NVM_DIR",
    "OCAMLPATH",
    "OCL_ICD_VENDORS",
    "ODBCSYSINI",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PIPENV_PIPFILE",
    "POETRY_CONFIG_DIR",
    "PYENV_ROOT",
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "QML2_IMPORT_PATH",
    "QML_IMPORT_PATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "RBENV_ROOT",
    "RUBYGEMS_GEMDEPS",
    "RUBYLIB",
    "RUBYOPT",
    "R_HOME",
    "R_LIBS",
    "R_LIBS_SITE",
    "R_LIBS_USER",
    "R_PROFILE",
    "R_PROFILE_USER",
    "SASL_PATH",
    "SBT_OPTS",
    "TCLLIBPATH",
    "TCL_LIBRARY",
    "UV_CONFIG_FILE",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_WORKING_DIRECTORY",
    "UWSGI_INI",
    "VDPAU_DRIVER_PATH",
    "VIMINIT",
    "VIRTUAL_ENV",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
    "npm_config_globalconfig",
    "npm_config_prefix",
    "npm_config_userconfig",
];

/// Whether code is loaded from the paths in a variable of this name.
pub fn leads_to_code(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// The paths in the value of such a variable: lists, and options of interpreters with paths. A file name pattern ends its
/// path.
pub fn paths(value: &OsStr) -> Vec<OsString> {
    let words: Vec<OsString> = value
        .as_bytes()
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| OsStr::from_bytes(word).to_owned())
        .collect();
    let lists = words.iter().take_while(|word| !word.as_bytes().starts_with(b"-"));
    let mut found: Vec<OsString> = lists.flat_map(|list| split_list(list)).collect();
    let options: Vec<&str> = RUNTIMES.iter().flat_map(|runtime| runtime.loads).copied().collect();
    found.extend(option_values(&words, &options));
    found.dedup();
    found
}

/// The parts of a list of paths.
pub fn split_list(list: &OsStr) -> Vec<OsString> {
    let parts = list.as_bytes().split(|byte| b":;,".contains(byte));
    let parts = parts.map(|part| part.strip_prefix(b"@").unwrap_or(part));
    let whole = |part: &[u8]| match part.iter().position(|byte| b"?*".contains(byte)) {
        Some(at) => part[..at].rsplitn(2, |byte| *byte == b'/').last().unwrap_or_default().to_owned(),
        None => part.to_owned(),
    };
    parts.filter(|part| !part.is_empty()).map(|part| OsStr::from_bytes(&whole(part)).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted());
        assert!(leads_to_code("LD_PRELOAD") && !leads_to_code("NODE_ENV"));
    }

    #[test]
    fn paths_are_found_in_lists_and_options() {
        for (value, expected) in [
            ("/a:/b c", "/a|/b|c"),
            ("/m/?.lua;;", "/m"),
            ("@/m/x.lua", "/m/x.lua"),
            ("--require /m/x.js --max-old-space-size=1", "/m/x.js"),
            ("-javaagent:/m/x.jar -Dx=/y", "/m/x.jar"),
            ("-I/m -Mlib=/n -w", "/m|/n"),
            ("-r/m/x.rb", "/m/x.rb"),
            ("-Xmx1g -Dlog.dir=/home/ann", ""),
            ("production", "production"),
        ] {
            let found = paths(value.as_ref());
            assert_eq!(found.join(OsStr::new("|")), expected, "{value}");
        }
    }
}
