//! The site builder, by what it makes and what it refuses.

use super::markup::{imports_of, resolve};
use super::*;
use data_encoding::BASE64;
use sha2::Sha384;
use std::io::Read as _;

const HEAD: &str = "<!doctype html><html lang=\"en\"><link rel=\"stylesheet\" href=\"/app.css\">";

fn small_site() -> Sources {
    let page = format!("{HEAD}<script type=\"module\" src=\"/js/reset.js\"></script><a href=\"/\">x</a>");
    Sources::from(
        [
            ("/index.html", format!("{HEAD}<!-- include parts/top.html --><a href=\"/sspr?x#y\">y</a>")),
            ("/reset.html", format!("<!-- alias /sspr -->\n{page}")),
            ("/404.html", HEAD.to_owned()),
            ("/parts/top.html", "<!-- why --><p>Top</p>\n".to_owned()),
            ("/app.css", "a { background: url(\"logo.svg\") }".to_owned()),
            ("/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned()),
            ("/js/reset.js", "import {\n  b,\n} from \"./b.js\";\nb();\n".to_owned()),
            ("/js/b.js", "import \"./c.js\";\nexport const b = 1;\n".to_owned()),
            ("/js/c.js", "export const c = 1;\n".to_owned()),
        ]
        .map(|(path, body)| (path.to_owned(), body.into_bytes())),
    )
}

fn with(path: &str, body: &str) -> Sources {
    let mut sources = small_site();
    sources.insert(path.to_owned(), body.as_bytes().to_vec());
    sources
}

fn refusal(sources: &Sources) -> String {
    format!("{:#}", Site::make(sources).err().expect("this site must be refused"))
}

fn read(site: &Site, name: &str) -> String {
    String::from_utf8(site.files[name].clone()).unwrap()
}

fn url(site: &Site, start: &str) -> String {
    let routes = site.index["routes"].as_object().unwrap();
    routes.keys().find(|key| key.starts_with(start)).unwrap().clone()
}

#[test]
fn names_follow_the_content_up_to_the_page() {
    let before = Site::make(&small_site()).unwrap();
    let after = Site::make(&with("/js/c.js", "export const c = 2;\n")).unwrap();
    assert_ne!(url(&before, "/assets/js/reset."), url(&after, "/assets/js/reset."));
    assert_eq!(url(&before, "/assets/app."), url(&after, "/assets/app."));
    assert!(read(&before, &url(&before, "/assets/app.")).contains(&url(&before, "/assets/logo.")));
}

#[test]
fn scripts_and_styles_carry_their_integrity() {
    let site = Site::make(&small_site()).unwrap();
    let page = read(&site, "/reset.html");
    for start in ["/assets/app.", "/assets/js/reset."] {
        let name = url(&site, start);
        let hash = BASE64.encode(&Sha384::digest(&site.files[&name]));
        let tag = page.split('<').find(|tag| tag.contains(&name)).unwrap();
        assert!(tag.contains(&format!("integrity=\"sha384-{hash}\"")), "{tag}");
    }
}

#[test]
fn the_modules_of_a_page_are_one_script_in_the_order_they_run() {
    let mut sources = with(
        "/js/reset.js",
        "import {\n  b,\n  $twice as double,\n} from \"./b.js\";\nimport { c } from \"./c.js\";\nb(double, c);\n",
    );
    let b = "import \"./c.js\";\nimport { c } from \"./c.js\";\nexport const b = 1;\nconst own = c;\nexport async function $twice() {}\n";
    sources.insert("/js/b.js".to_owned(), b.as_bytes().to_vec());
    let site = Site::make(&sources).unwrap();
    let wanted = "\
        // /js/c.js\nconst module0 = (() => {\nexport const c = 1;\n\nreturn { c };\n})();\n\
        // /js/b.js\nconst module1 = (() => {\n\nconst { c } = module0;\nexport const b = 1;\nconst own = c;\n\
        export async function $twice() {}\n\nreturn { b, $twice };\n})();\n\
        // /js/reset.js\nconst module2 = (() => {\nconst {\n  b,\n  $twice: double,\n} = module1;\nconst { c } = module0;\n\
        b(double, c);\n\nreturn {  };\n})();\n";
    assert_eq!(read(&site, &url(&site, "/assets/js/reset.")), wanted.replace("export ", ""));
    let routes = site.index["routes"].as_object().unwrap();
    assert_eq!(routes.keys().filter(|key| key.starts_with("/assets/js/")).count(), 1);
}

#[test]
fn routes_aliases_and_the_missing_page_are_listed() {
    let site = Site::make(&small_site()).unwrap();
    let routes = site.index["routes"].as_object().unwrap();
    assert_eq!(routes["/sspr"], routes["/reset"]);
    assert_eq!(routes["/"]["file"], "/index.html");
    assert_eq!(routes["/"]["immutable"], false);
    assert_eq!(routes["/"]["type"], "text/html; charset=utf-8");
    assert_eq!(routes[&url(&site, "/assets/app.")]["immutable"], true);
    assert_eq!(site.index["not_found"]["file"], "/404.html");
    assert!(!routes.contains_key("/404") && !routes.keys().any(|key| key.contains("parts")));
}

#[test]
fn parts_are_put_in_and_comments_left_out() {
    let site = Site::make(&small_site()).unwrap();
    assert_eq!(read(&site, "/index.html").split('>').nth(3), Some("<p"));
    assert!(!read(&site, "/reset.html").contains("<!--"));
}

#[test]
fn copies_unpack_to_the_original() {
    let long = "a { color: red }\n".repeat(50) + "b { background: url(\"logo.svg\") }";
    let site = Site::make(&with("/app.css", &long)).unwrap();
    let name = url(&site, "/assets/app.");
    let original = &site.files[&name];
    let (mut gz, mut br) = (Vec::new(), Vec::new());
    flate2::read::GzDecoder::new(&site.files[&format!("{name}.gz")][..]).read_to_end(&mut gz).unwrap();
    brotli::Decompressor::new(&site.files[&format!("{name}.br")][..], 4096).read_to_end(&mut br).unwrap();
    assert_eq!((&gz, &br), (original, original));
    assert_eq!(site.index["routes"][&name]["br"], true);
    let small = Site::make(&small_site()).unwrap();
    let logo = url(&small, "/assets/logo.");
    assert_eq!(small.index["routes"][&logo]["br"], small.files.contains_key(&format!("{logo}.br")));
}

#[test]
fn the_first_view_counts_what_the_page_loads_and_no_more() {
    let site = Site::make(&small_site()).unwrap();
    let view: BTreeMap<_, _> = site.first_view.iter().cloned().collect();
    assert!(view["/reset.html"] > view["/404.html"]);
    let weigh = |name: &str| site.files.get(&format!("{name}.br")).unwrap_or(&site.files[name]).len() as u64;
    let parts = ["/404.html".to_owned(), url(&site, "/assets/app."), url(&site, "/assets/logo.")];
    assert!(view["/404.html"] <= parts.iter().map(|part| weigh(part)).sum());
}

#[test]
fn an_answer_that_is_asked_for_early_is_no_file() {
    let link = "<link rel=\"preload\" href=\"/api/sign-in\" as=\"fetch\" crossorigin>";
    let site = Site::make(&with("/index.html", &format!("{HEAD}{link}"))).unwrap();
    assert!(read(&site, "/index.html").contains(link));
    assert!(Site::make(&with("/index.html", &format!("{HEAD}<script src=\"/api/x\"></script>"))).is_err());
}

#[test]
fn a_module_for_later_has_its_name_and_integrity_and_no_weight() {
    let link = "<template><link rel=\"modulepreload\" href=\"/js/later.js\"></template>";
    let page = |link: &str| format!("{HEAD}<script type=\"module\" src=\"/js/reset.js\"></script>{link}");
    let weigh = |module: &str| {
        let mut sources = with("/index.html", &page(link));
        sources.insert("/js/later.js".to_owned(), module.as_bytes().to_vec());
        Site::make(&sources).unwrap()
    };
    let light = weigh("export const x = 1;");
    let heavy = weigh(&format!("export const x = {:?};", ('!'..'~').collect::<String>()));
    let name = url(&heavy, "/assets/js/later.");
    let hash = BASE64.encode(&Sha384::digest(&heavy.files[&name]));
    let tag = format!("<link rel=\"modulepreload\" href=\"{name}\" integrity=\"sha384-{hash}\">");
    assert!(read(&heavy, "/index.html").contains(&tag));
    let view = |site: &Site| site.first_view.iter().find(|(page, _)| page == "/index.html").unwrap().1;
    assert!(view(&heavy).abs_diff(view(&light)) < 40, "only the name in the page differs");
    assert_eq!(heavy.later.len(), 1);
    assert!(heavy.later[0].1 > light.later[0].1 + 40);
}

#[test]
fn what_the_policy_forbids_stops_the_build() {
    for (html, words) in [
        ("<p style=\"color:red\">", "has style="),
        ("<p onclick=\"x()\">", "has onclick="),
        ("<style>a{}</style>", "<style> is forbidden"),
        ("<script>x()</script>", "inline or not a module"),
        ("<script src=\"/js/reset.js\"></script>", "inline or not a module"),
        ("<img src=\"https://elsewhere.example/x.png\">", "leaves the site"),
        ("<img src=\"//elsewhere.example/x.png\">", "leaves the site"),
        ("<img src=\"data:image/png;base64,AA\">", "leaves the site"),
        ("<a href=\"/nowhere\">", "not a page"),
        ("<img src=\"/nowhere.svg\">", "does not exist"),
        ("<p class=bare>", "double quotes"),
    ] {
        let answer = refusal(&with("/index.html", &format!("{HEAD}{html}")));
        assert!(answer.contains(words), "{html}: {answer}");
        assert!(answer.contains("/index.html"), "{answer}");
    }
}

#[test]
fn broken_scripts_and_styles_stop_the_build() {
    assert!(refusal(&with("/js/c.js", "import \"./b.js\";\n")).contains("imports itself"));
    assert!(refusal(&with("/js/c.js", "import \"./gone.js\";\n")).contains("does not exist"));
    assert!(refusal(&with("/js/c.js", "import b from \"./b.js\";\n")).contains("cannot read this import"));
    assert!(refusal(&with("/js/c.js", "export let c = 1;\n")).contains("cannot read this export"));
    assert!(refusal(&with("/js/c.js", "export { c };\n")).contains("cannot read this export"));
    assert!(refusal(&with("/js/c.js", "const x = await import(\"./b.js\");\n")).contains("by name"));
    let later = format!("{HEAD}<template><link rel=\"modulepreload\" href=\"/js/b.js\"></template>");
    assert!(refusal(&with("/index.html", &later)).contains("must not import"));
    assert!(refusal(&with("/js/lonely.js", "")).contains("no page uses"));
    assert!(refusal(&with("/app.css", "a { background: url(logo.svg) }")).contains("double quotes"));
    assert!(refusal(&with("/font.woff2", "")).contains("does not know"));
    assert!(refusal(&with("/signin.html", "<!-- alias /sspr -->")).contains("both want"));
}

#[test]
fn words_that_look_like_imports_are_left_alone() {
    let script = "// import \"x\";\nconst important = 1;\nexport const from = \" from \";\n";
    assert_eq!(imports_of(script).unwrap(), []);
}

#[test]
fn references_are_resolved_like_a_browser_does() {
    assert_eq!(resolve("/js/admin/users.js", "../api.js").as_deref(), Some("/js/api.js"));
    assert_eq!(resolve("/js/a.js", "./b.js").as_deref(), Some("/js/b.js"));
    assert_eq!(resolve("/js/a.js", "/app.css?x#y").as_deref(), Some("/app.css"));
    assert_eq!(resolve("/a.js", "../../etc/passwd"), None);
}

#[test]
fn a_build_replaces_the_folder_whole_and_equal_input_gives_equal_output() {
    let root = std::env::temp_dir().join(format!("relatch-site-{}", std::process::id()));
    let (from, to) = (root.join("static"), root.join("out/site"));
    for (path, body) in small_site() {
        let path = from.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, body).unwrap();
    }
    fs::write(from.join("README.md"), "not served").unwrap();
    let first = build(&[&from], &to).unwrap();
    let index = fs::read(to.join("index.json")).unwrap();
    fs::write(to.join("left-over.html"), "x").unwrap();
    assert_eq!(build(&[&from], &to).unwrap(), first);
    assert_eq!(fs::read(to.join("index.json")).unwrap(), index);
    assert!(!to.join("left-over.html").exists() && !to.join("README.md").exists());
    fs::write(from.join("reset.html"), "<p style=\"\">").unwrap();
    assert!(build(&[&from], &to).is_err());
    assert_eq!(fs::read(to.join("index.json")).unwrap(), index);
    assert_eq!(fs::read_dir(root.join("out")).unwrap().count(), 1, "no temporary folder stays behind");
    fs::remove_dir_all(&root).unwrap();
}
