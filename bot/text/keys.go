package text

// qingfeng keys: custody of the keys that citizens' words are sealed to.
const (
	CmdKeys   = "保管群众反馈的密钥：建立、核对、更换、双人保管、找回"
	KeysUsage = `用法：qingfeng keys init    --for office|discipline [--print 文件.html] [--generate]
      qingfeng keys recover --for office|discipline --check
      qingfeng keys rotate  --for office|discipline [--reprint] [--print 文件.html]
      qingfeng keys split   --for office|discipline 保管人 保管人 [保管人…]
      qingfeng keys recover --for office|discipline [--print 文件.html]
      qingfeng keys show
      qingfeng keys tips on|off
office 是防控办，discipline 是纪检监察机构。
口令在终端上输入时不显示，新口令输入两遍；不在终端上时，从标准输入或 --passphrase-file 逐行读，每个一行，新口令也只给一遍。`
	KeysFor       = "哪一家的密钥：office（防控办）、discipline（纪检监察机构）"
	KeysPrint     = "把打印密钥写成这个网页文件（A4，带二维码），供打印封存"
	KeysGenerate  = "由程序生成足够强的新口令并显示一次"
	KeysFile      = "从这个文件逐行读要输入的内容（口令、打印密钥），不从键盘读"
	KeysCheck     = "只核对：把打印出来的密钥输回来，证明它抄得出、打得开"
	KeysReprint   = "同时换一把打印密钥（信封丢了、拆过或有人看过时用）"
	KeysHolder    = "保管人怎么称呼，打开时会显示"
	KeysOffice    = "防控办"
	KeysTips      = "纪检监察机构"
	KeysBadDoor   = "请用 --for office（防控办）或 --for discipline（纪检监察机构）指明是哪一家的密钥。"
	KeysExists    = "%s已经有密钥了。换新的用 keys rotate，口令丢了用 keys recover。"
	KeysNone      = "%s还没有密钥。请先运行 qingfeng keys init --for %s。"
	KeysRaced     = "密钥刚刚被别人改过，这次没有改动。请用 keys show 看一下再试。"
	KeysNoInput   = "没有读到%s。请在终端上运行，或者用标准输入、--passphrase-file 每行给一个。"
	KeysTooLong   = "%s太长，请检查是不是读错了文件。"
	KeysLeftOver  = "多给了内容：需要的已经读完，后面还有。请检查文件，这次没有改动。"
	KeysWeak      = "%s太容易被猜到：至少12个字，至少6个不同的字，不能全是数字，不能有控制字符。"
	KeysSame      = "两位保管人的口令不能相同。"
	KeysTwice     = "两次输入的口令不一样，请重来。"
	KeysWrong     = "口令不对。"
	KeysWrongTwo  = "这两个口令合起来打不开。请确认是两位不同保管人各自的口令。"
	KeysSlip      = "打印密钥抄写有误，或者没有抄全。请对照原件重新输入（空格、大小写不要紧）。"
	KeysNotThis   = "这把打印密钥不是%s现在用的那一把（现在的信封编号 %s）。"
	KeysNoSpare   = "打印密钥是对的，但数据库里和它配套的内容打不开，可能损坏或被人改过。请先用口令运行 keys rotate --reprint。"
	KeysTampered  = "注意：%s的公开密钥和口令锁着的不一致，可能有人在数据库里换过，换过之后收到的内容可能已被别人看到。这次会改回来，请立即查明并报告。"
	KeysHolders   = "双人保管要有2到5位保管人，称呼各不相同、不超过20个字，例如：qingfeng keys split --for discipline 王一 李二 张三"
	KeysTipsFor   = "封存信箱只属于纪检监察机构。"
	KeysTipsOne   = "打开封存信箱之前，纪检监察机构的密钥要由两人以上共同保管。请先运行 qingfeng keys split --for discipline。"
	KeysTipsPrint = "打开封存信箱之前，要先把封存的打印密钥输回来核对一遍。请先运行 qingfeng keys recover --for discipline --check。"

	KeysAskPassphrase = "%s的口令"
	KeysAskFirst      = "第一位保管人的口令（%s中任意两位）"
	KeysAskSecond     = "第二位保管人的口令"
	KeysAskNew        = "%s的新口令"
	KeysAskAgain      = "%s（再输一遍）"
	KeysAskPrinted    = "打印密钥（也可以用扫码枪扫）"
	KeysPrompt        = "%s："

	KeysMade         = "%s的密钥已建立，口令由%s保管。下一步：把打印密钥印出来，运行 qingfeng keys recover --for %s --check 照着纸输一遍，核对无误再封存；核对之前不收任何内容。"
	KeysRotated      = "%s的密钥已更换，新的内容只用新密钥封，旧的内容照样打得开。原来的口令不再有用。"
	KeysSplit        = "%s的密钥已由%d人共同保管，任意两位的口令合起来才打得开。原来一个人的口令不再有用。"
	KeysRecovered    = "%s的密钥已找回，旧的内容照样打得开。原来的口令和这把打印密钥不再有用；新的打印密钥请印出来，运行 qingfeng keys recover --for %s --check 核对，再封存；核对之前不收新的内容。"
	KeysTipsClosed   = "封存信箱已经关上：请重新运行 keys split、核对打印密钥，再运行 keys tips on。"
	KeysReprinted    = "打印密钥也换了：请印出来，运行 qingfeng keys recover --for %s --check 核对，再封存；核对之前不收新的内容。旧信封请当面销毁。"
	KeysChecked      = "核对无误：打印密钥（信封编号 %s）打得开%s的内容。请装入信封，两人在封口签名，存放在保险柜。打印时的文件请删除。"
	KeysTipsOn       = "封存信箱已打开：公示页上会出现只有纪检监察机构能打开的入口。"
	KeysTipsOff      = "封存信箱已关上：已经收到的仍由纪检监察机构打开和答复。"
	KeysWritten      = "打印密钥写在 %s。请马上打印，打印后删除这个文件；它和口令一样能打开全部内容。"
	KeysShown        = "打印密钥（只显示这一次，信封编号 %s）：\n%s\n请抄录或打印，除封存的这一份以外不留副本；它和口令一样能打开全部内容。"
	KeysShownPass    = "%s的口令（只显示这一次）：%s"
	KeysListNone     = "%s：没有密钥"
	KeysListLine     = "%s：%s；%s建立；%s；信封编号 %s"
	KeysListReady    = "可以收件"
	KeysListUnread   = "打印密钥还没有核对，不能收件"
	KeysListSingle   = "一人（%s）打开"
	KeysListPair     = "两人一起打开（%s中任意两位）"
	KeysListTips     = "封存信箱已打开"
	KeysListNoTips   = "封存信箱没有打开"
	KeysSheetDisplay = "2006年1月2日"

	DoctorRing        = "%s密钥"
	DoctorRingNone    = "还没有，公示开不了。请运行 qingfeng keys init --for office"
	DoctorRingNoTips  = "没有，封存信箱关着（纪检监察机构没有选择开通，可以这样用）"
	DoctorRingUnread  = "打印密钥还没有核对，不能收件。请运行 qingfeng keys recover --for %s --check"
	DoctorRingReady   = "可以收件，打开需要%d人的口令"
	DoctorRingOpen    = "；封存信箱已打开"
	DoctorRingShut    = "；封存信箱没有打开"
	DoctorRingDamaged = "存的密钥不完整（收件密钥应是两把，其中一把是打印密钥）。数据库可能被人改过，请查明后运行 qingfeng keys rotate --for %s"
	DoctorHold        = "过夜密钥"
	DoctorHoldStrange = "有%d条来件在等夜间放行，过夜密钥却不在这里（%s）。另有实例在运行时属正常。那台机器不再运行的，请把它的数据目录接过来启动一次；从备份恢复的，备份之前来的这些件已随密钥销毁，打不开了。"
	DoctorHoldBad     = "有%d条来件夜里没能打开，或者找不到它对应的回执。内容没有人能看到，%d天后删除。"
	DoctorHoldStale   = "有%d个过夜密钥超过3天没有用完销毁：夜间放行可能没有运行，请看 qingfeng jobs。目录：%s"
)

// What the demo's keys open with: the greeting shows it, so that people can try the desk.
const (
	DemoKeysOffice = "栖云交通演示口令2026"
	DemoKeysFirst  = "程守正的演示口令2026"
	DemoKeysSecond = "叶婷的封存演示口令2026"
	DemoTipsFirst  = "程守正"
	DemoTipsSecond = "叶婷"
)
