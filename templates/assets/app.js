// Small comforts. Every page works without this file: it adds keys, counters and a bar, and sends nothing by itself.
(function () {
  "use strict";
  var doc = document;
  doc.documentElement.classList.add("js");

  function all(sel, root) { return Array.prototype.slice.call((root || doc).querySelectorAll(sel)); }
  function writing(el) { return el && (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) || el.isContentEditable); }

  // The error summary takes the focus, so that a screen reader begins there and the keyboard goes on to the first link.
  function focusErrors(root) {
    var box = root.querySelector && root.querySelector("[data-focus]");
    if (box) { box.focus(); }
  }

  // Characters as people count them: a rare character of a name is one, although it takes two units.
  function counters(root) {
    all("textarea[data-count]", root).forEach(function (area) {
      if (area.dataset.ready) { return; }
      area.dataset.ready = "1";
      var most = Number(area.dataset.count), line = doc.createElement("p");
      line.className = "counter";
      area.insertAdjacentElement("afterend", line);
      function show() {
        var left = most - Array.from(area.value).length;
        line.textContent = left < 0 ? "超出 " + -left + " 字" : "还可写 " + left + " 字";
        line.classList.toggle("over", left < 0);
      }
      area.addEventListener("input", show);
      show();
    });
  }

  function size(n) { return n < 1048576 ? Math.max(1, Math.round(n / 1024)) + " KB" : (n / 1048576).toFixed(1) + " MB"; }

  function drops(root) {
    all("[data-drop]", root).forEach(function (box) {
      if (box.dataset.ready) { return; }
      box.dataset.ready = "1";
      var input = box.querySelector("input[type=file]"), names = box.querySelector("[data-names]");
      ["dragenter", "dragover"].forEach(function (e) { box.addEventListener(e, function () { box.classList.add("over"); }); });
      ["dragleave", "drop", "dragend"].forEach(function (e) { box.addEventListener(e, function () { box.classList.remove("over"); }); });
      input.addEventListener("change", function () {
        names.textContent = Array.from(input.files).map(function (f) { return f.name + "（" + size(f.size) + "）"; }).join("、");
      });
    });
  }

  // WeChat's own browser asks the payer; what it answers proves nothing, so the page only looks again.
  function bridge(fn) {
    if (window.WeixinJSBridge) { fn(); } else { doc.addEventListener("WeixinJSBridgeReady", fn, { once: true }); }
  }
  function pays(root) {
    all("[data-wechat-pay]", root).forEach(function (button) {
      if (button.dataset.ready) { return; }
      button.dataset.ready = "1";
      button.addEventListener("click", function () {
        bridge(function () {
          window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.wechatPay), function (res) {
            if (res.err_msg === "get_brand_wcpay_request:ok") { window.location.reload(); }
          });
        });
      });
    });
  }

  function enhance(root) { counters(root); drops(root); pays(root); }

  // A form is sent once. The server refuses the second press anyway; this only says that the first one was heard.
  // The button is disabled after the event, so that its own name and value still go along.
  // Forms whose answer is a file leave the page standing; they say data-again.
  doc.addEventListener("submit", function (e) {
    var form = e.target, button = e.submitter || form.querySelector("button[type=submit],button:not([type])");
    if (e.defaultPrevented || form.method !== "post" || form.hasAttribute("data-again")) { return; }
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () {
      all("button", form).forEach(function (b) { b.setAttribute("aria-disabled", "true"); });
      if (button) { button.dataset.text = button.textContent; button.textContent = "正在提交…"; }
    }, 0);
  });
  function release(form) {
    delete form.dataset.sent;
    all("button", form).forEach(function (b) {
      b.removeAttribute("aria-disabled");
      if (b.dataset.text) { b.textContent = b.dataset.text; delete b.dataset.text; }
    });
  }
  // Coming back with the browser's own button shows the page as it was left: the form can be sent again.
  window.addEventListener("pageshow", function (e) { if (e.persisted) { all("form[data-sent]").forEach(release); } });

  // Lists of the desk: j and k or the arrows move, Enter opens, x or the space bar ticks. "/" goes to the search box.
  function rows() { return all("[data-rows] tbody tr"); }
  function at() { return doc.querySelector("[data-rows] tbody tr.at"); }
  function move(step) {
    var list = rows(), now = list.indexOf(at());
    if (!list.length) { return; }
    var next = list[Math.max(0, Math.min(list.length - 1, now < 0 ? (step > 0 ? 0 : list.length - 1) : now + step))];
    list.forEach(function (r) { r.classList.remove("at"); r.removeAttribute("tabindex"); });
    next.classList.add("at");
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  doc.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) { return; }
    if (e.key === "Escape") {
      var open = doc.querySelector("details.menu[open]");
      if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); }
      else if (writing(doc.activeElement) && doc.activeElement.type === "search") { doc.activeElement.blur(); }
      return;
    }
    if (writing(doc.activeElement)) { return; }
    var row = at(), target;
    if (e.key === "/") {
      target = doc.querySelector("[data-search],input[type=search]");
      if (target) { e.preventDefault(); target.focus(); target.select(); }
    } else if (e.key === "j" || (e.key === "ArrowDown" && row)) {
      if (rows().length) { e.preventDefault(); move(1); }
    } else if (e.key === "k" || (e.key === "ArrowUp" && row)) {
      if (rows().length) { e.preventDefault(); move(-1); }
    } else if (row && doc.activeElement === row && e.key === "Enter") {
      target = row.querySelector("a[data-open]") || row.querySelector("a[href]");
      if (target) { e.preventDefault(); target.click(); }
    } else if (row && doc.activeElement === row && (e.key === "x" || e.key === " ")) {
      target = row.querySelector("input[type=checkbox]");
      if (target) { e.preventDefault(); target.click(); }
    }
  });
  // A ticked row is seen as ticked; "data-all" in the head ticks every row of its table.
  doc.addEventListener("change", function (e) {
    var box = e.target;
    if (box.matches("[data-all]")) {
      all("tbody input[type=checkbox]", box.closest("table")).forEach(function (b) {
        if (b.checked !== box.checked) { b.checked = box.checked; b.dispatchEvent(new Event("change", { bubbles: true })); }
      });
      return;
    }
    if (box.type === "checkbox" && box.closest("[data-rows] tbody")) {
      box.closest("tr").classList.toggle("on", box.checked);
      var count = doc.querySelector("[data-chosen]");
      if (count) { count.textContent = all("[data-rows] tbody input[type=checkbox]:checked").length; }
    }
  });

  // A grid to type into ("data-grid"): Enter and the arrows stay in the column, and cells copied from a spreadsheet fill
  // the grid from the cell they are pasted into. What does not fit is said, never dropped in silence.
  function cells(row) { return all("td > input:not([type=hidden]), td > select", row); }
  function gridRows(grid) { return all("tbody tr:not(.says)", grid).filter(function (r) { return cells(r).length; }); }
  function put(cell, text) {
    if (cell.tagName !== "SELECT") { cell.value = text; return true; }
    var found = all("option", cell).find(function (o) { return o.value === text || o.textContent.trim() === text; });
    if (!found && text) { return false; }
    cell.value = found ? found.value : cell.options[0].value;
    return true;
  }
  doc.addEventListener("keydown", function (e) {
    var cell = e.target, grid = cell.closest && cell.closest("[data-grid]"), step;
    if (!grid || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) { return; }
    if (e.key === "Enter" || (e.key === "ArrowDown" && cell.tagName !== "SELECT")) { step = e.shiftKey ? -1 : 1; }
    else if (e.key === "ArrowUp" && cell.tagName !== "SELECT") { step = -1; }
    else { return; }
    var list = gridRows(grid), row = cell.closest("tr"), next = list[list.indexOf(row) + step], column = cells(row).indexOf(cell);
    e.preventDefault();
    if (next) { next = cells(next)[column]; next.focus(); if (next.select) { next.select(); } }
  });
  doc.addEventListener("paste", function (e) {
    var cell = e.target, grid = cell.closest && cell.closest("[data-grid]"), text = e.clipboardData ? e.clipboardData.getData("text/plain") : "";
    if (!grid || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) { return; }
    e.preventDefault();
    var list = gridRows(grid), first = list.indexOf(cell.closest("tr")), column = cells(cell.closest("tr")).indexOf(cell), left = 0;
    text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach(function (line, i) {
      var row = list[first + i] && cells(list[first + i]);
      line.split("\t").forEach(function (value, k) {
        if (!row || !row[column + k] || !put(row[column + k], value.trim())) { left += value.trim() ? 1 : 0; }
      });
    });
    var old = doc.querySelector(".note.pasted");
    if (old) { old.remove(); }
    if (left) {
      var note = doc.createElement("div");
      note.className = "note warn pasted";
      note.setAttribute("role", "alert");
      note.textContent = "有 " + left + " 格放不下或不认识，没有粘贴进来。行数多时请用模板上传。";
      grid.closest("form").insertAdjacentElement("afterbegin", note);
    }
  });

  // Menus close when the reader goes elsewhere.
  doc.addEventListener("click", function (e) {
    all("details.menu[open]").forEach(function (d) { if (!d.contains(e.target)) { d.removeAttribute("open"); } });
    var p = e.target.closest && e.target.closest("[data-print]");
    if (p) { window.print(); }
  });

  // htmx: the bar of an upload, the words of a failure, and the comforts for what has just been loaded.
  doc.addEventListener("htmx:xhr:progress", function (e) {
    var bar = e.target.querySelector && e.target.querySelector("[data-upload]");
    // The answer reports its progress by the same event; it is smaller than what was sent.
    if (!bar || !e.detail.lengthComputable || e.detail.total < Number(bar.dataset.total || 0)) { return; }
    bar.dataset.total = e.detail.total;
    bar.hidden = false;
    bar.querySelector("progress").value = Math.round(100 * e.detail.loaded / e.detail.total);
    var text = bar.querySelector("[data-upload-text]");
    if (text) { text.textContent = "已上传 " + size(e.detail.loaded) + "，共 " + size(e.detail.total); }
  });
  // An error page says more than we could: it takes the place of the matter, whatever the fragment was for.
  doc.addEventListener("htmx:beforeSwap", function (e) {
    var d = e.detail, main = doc.getElementById("main");
    if (d.xhr.status >= 400 && d.xhr.status !== 422 && main && d.serverResponse.indexOf('id="main"') > 0) {
      d.shouldSwap = true;
      d.isError = false;
      d.target = main;
      d.selectOverride = "#main";
      d.swapOverride = "outerHTML";
    }
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    doc.addEventListener(name, function (e) {
      var form = e.target.closest && (e.target.closest("form") || e.target);
      if (!form || form.querySelector(":scope > .note.net")) { return; }
      var box = doc.createElement("div");
      box.className = "note bad net";
      box.setAttribute("role", "alert");
      box.textContent = name === "htmx:responseError" ? "没有成功，请稍后再试；如果一直这样，请刷新页面。" : "网络不通，请检查网络后再试，已填的内容还在。";
      form.insertAdjacentElement("afterbegin", box);
    });
  });
  doc.addEventListener("htmx:beforeRequest", function (e) {
    all(".note.net", e.target).forEach(function (n) { n.remove(); });
    all("[data-upload]", e.target).forEach(function (n) { delete n.dataset.total; n.hidden = true; });
  });
  doc.addEventListener("htmx:load", function (e) { enhance(e.target); focusErrors(e.target); });

  enhance(doc);
  focusErrors(doc);
}());
