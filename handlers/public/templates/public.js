(function () {
	'use strict';
	var d = document, i;
	function id(x) { return d.getElementById(x); }
	function each(list, f) { for (var k = 0; k < list.length; k++) f(list[k]); }

	/* What stopped a form is read first. */
	if (id('wrong')) id('wrong').focus();

	/* The receipt. */
	var copy = id('copy'), code = id('code');
	if (copy && code) {
		copy.hidden = false;
		copy.onclick = function () {
			var ok = false;
			try {
				var range = d.createRange(), sel = window.getSelection();
				range.selectNodeContents(code);
				sel.removeAllRanges();
				sel.addRange(range);
				ok = d.execCommand('copy');
			} catch (e) { ok = false; }
			id('copied').textContent = ok ? '复制好了。请存到只有您看得到的地方。' : '没能复制。请长按上面的码来复制，或者抄下来。';
		};
	}

	/* SHA-256 of a short text of one-byte characters, as eight words. */
	var K = [], H = [];
	(function () {
		function frac(x) { return (x - Math.floor(x)) * 4294967296 | 0; }
		for (var n = 2; K.length < 64; n++) {
			var prime = true;
			for (var f = 2; f * f <= n; f++) if (n % f === 0) { prime = false; break; }
			if (!prime) continue;
			if (H.length < 8) H.push(frac(Math.pow(n, 1 / 2)));
			K.push(frac(Math.pow(n, 1 / 3)));
		}
	})();
	var W = typeof Int32Array === 'function' ? new Int32Array(64) : [];
	function sha(s) {
		var h = H.slice(0), bits = s.length * 8, blocks = (s.length + 9 + 63) >> 6, b, t;
		for (b = 0; b < blocks; b++) {
			for (t = 0; t < 16; t++) W[t] = 0;
			for (t = 0; t < 64; t++) {
				var at = b * 64 + t;
				if (at < s.length) W[t >> 2] |= s.charCodeAt(at) << (24 - (t & 3) * 8);
				else if (at === s.length) W[t >> 2] |= 128 << (24 - (t & 3) * 8);
			}
			if (b === blocks - 1) W[15] = bits;
			var a = h[0], bb = h[1], c = h[2], dd = h[3], e = h[4], f = h[5], g = h[6], hh = h[7];
			for (t = 0; t < 64; t++) {
				if (t > 15) {
					var x = W[t - 15], y = W[t - 2];
					W[t] = (W[t - 16] + W[t - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
				}
				var t1 = (hh + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[t] + W[t]) | 0;
				var t2 = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & bb ^ a & c ^ bb & c)) | 0;
				hh = g; g = f; f = e; e = dd + t1 | 0; dd = c; c = bb; bb = a; a = t1 + t2 | 0;
			}
			h[0] = h[0] + a | 0; h[1] = h[1] + bb | 0; h[2] = h[2] + c | 0; h[3] = h[3] + dd | 0;
			h[4] = h[4] + e | 0; h[5] = h[5] + f | 0; h[6] = h[6] + g | 0; h[7] = h[7] + hh | 0;
		}
		return h;
	}
	function hex(h) {
		var out = '';
		for (var k = 0; k < 8; k++) out += ('0000000' + (h[k] >>> 0).toString(16)).slice(-8);
		return out;
	}

	/* How long a field is in the body of a form. */
	function coded(s) {
		return encodeURIComponent(s.replace(/\r\n|\r|\n/g, '\r\n')).replace(/%20/g, '+').replace(/[!'()~]/g, '%00').length;
	}

	var form = null;
	each(d.getElementsByTagName('form'), function (f) { if (f.className === 'say') form = f; });
	if (!form) return;
	var el = form.elements, proof = el.proof, ask = null, busy = null, count = null, go = null, file = id('image'), text = id('text');
	each(form.getElementsByTagName('*'), function (x) {
		if (/(^| )ask( |$)/.test(x.className)) ask = x;
		if (/(^| )busy( |$)/.test(x.className)) busy = x;
		if (/(^| )count( |$)/.test(x.className)) count = x;
		if (/(^| )go( |$)/.test(x.className)) go = x;
	});
	var need = !!(proof && proof.getAttribute('data-salt')), ready = !need, waiting = false, sent = false, pressed = null, shown = false;
	function say(words) { if (busy) { busy.hidden = false; if (busy.textContent !== words) busy.textContent = words; } }

	/* Tapping a point chooses it below, and nothing is sent. */
	var pick = id('pick');
	each(d.getElementsByTagName('button'), function (b) {
		if (b.form === form) b.onclick = function () { pressed = b; };
		if (!pick || b.form !== pick || !el.point) return;
		b.onclick = function () {
			el.point.value = b.value;
			id('say').scrollIntoView();
			text.focus();
			return false;
		};
	});

	if (count && text) text.oninput = function () {
		var left = 1500 - text.value.length;
		count.hidden = left > 200;
		count.textContent = '还能写' + left + '个字。';
	};

	/* Every body is as long as any other. With an image there is no use in it. */
	function fill() {
		if (file) form.enctype = file.value ? 'multipart/form-data' : 'application/x-www-form-urlencoded';
		if (!el.pad || file && file.value) return;
		el.pad.value = '';
		var n = -1;
		try {
			each(el, function (x) {
				if (!x.name || x.disabled || (x.type === 'submit' || x.tagName === 'BUTTON') && x !== pressed) return;
				if ((x.type === 'radio' || x.type === 'checkbox') && !x.checked) return;
				n += coded(x.name) + (x.type === 'file' ? 0 : coded(x.value)) + 2;
			});
		} catch (e) { return; }
		var size = +form.getAttribute('data-pad');
		while (size < n) size *= 2;
		var pad = '', letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
		for (var k = n; k < size; k++) pad += letters.charAt(Math.floor(Math.random() * 36));
		el.pad.value = pad;
	}

	function question(words) {
		shown = true;
		if (ask) ask.hidden = false;
		say(words);
	}
	if (need) {
		if (ask) ask.hidden = true;
		var salt = proof.getAttribute('data-salt'), want = proof.getAttribute('data-challenge'), max = +proof.getAttribute('data-max'), n = 0, began = new Date().getTime();
		var first = parseInt(want.slice(0, 8), 16) | 0, told = 0;
		say('正在做防刷屏的小计算，您先写。');
		var step = function () {
			var until = new Date().getTime() + 25;
			do {
				for (i = 0; i < 100 && n <= max; i++, n++) {
					var h = sha(salt + n);
					if (h[0] === first && hex(h) === want) { done(); return; }
				}
			} while (n <= max && new Date().getTime() < until);
			if (n > max) { question('没有算出来，请回答上面的小题。'); return; }
			var part = Math.floor(n / max * 4) * 25;
			if (part > told) {
				told = part;
				say((waiting ? '好了会自动交。' : '') + '防刷屏的小计算：做了约' + part + '%');
			}
			if (!shown && new Date().getTime() - began > 20000) {
				question('手机算得慢，还在算。不想等的话，也可以回答上面的小题。');
			}
			setTimeout(step, 15);
		};
		var done = function () {
			proof.value = btoa(JSON.stringify({ algorithm: 'SHA-256', challenge: want, number: n, salt: salt, signature: proof.getAttribute('data-sign') }));
			ready = true;
			if (ask) ask.hidden = true;
			say('准备好了，可以交了。');
			if (waiting) { sent = true; fill(); form.submit(); }
		};
		setTimeout(step, 50);
	}

	form.onsubmit = function () {
		if (sent) return false;
		if (!ready && !(shown && el.answer && el.answer.value)) {
			waiting = true;
			say('还差一点没算完，好了会自动交，请别关页面。');
			return false;
		}
		fill();
		sent = true;
		if (go) setTimeout(function () { go.disabled = true; }, 0);
		say('正在交……');
	};
	/* Back to this page: it may be handed in again. */
	window.onpageshow = function () { sent = false; if (go) go.disabled = false; };
})();
