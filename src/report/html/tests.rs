//! The frame: what it lets in.

use super::*;

#[derive(Serialize)]
struct Said {
    text: &'static str,
}

#[test]
fn values_are_escaped_as_the_templates_name_says() {
    let said = Said { text: "<b>|`x`" };
    assert_eq!(render("t.html", "{{ report.text }}", &said).unwrap(), "&lt;b&gt;|`x`");
    assert_eq!(render("t.md", "{{ report.text }}", &said).unwrap(), "&lt;b&gt;\\|\\`x\\`");
    assert_eq!(render("c.md", "{{ report.text|code }}", &said).unwrap(), "`` <b>\\|`x` ``");
    let said = Said { text: "Run `a <b>` | then" };
    assert_eq!(
        render("p.html", "{{ report.text|prose }}", &said).unwrap(),
        "Run <code>a &lt;b&gt;</code> | then"
    );
    assert_eq!(render("p.md", "{{ report.text|prose }}", &said).unwrap(), "Run `a <b>` \\| then");
}
