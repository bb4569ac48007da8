package text

// The staff pages. Most of their words stand in the templates; here is what the code
// itself says.

// Signing in and out.
const (
	WebStranger     = "花名册里还没有您"
	WebStrangerHow  = "请联系本单位防控办登记，登记后再打开这一页。"
	WebSignedOut    = "登录已过期"
	WebSignedOutHow = "刚才的内容还没有保存。请先复制下面的文字，再重新登录接着填。"
	WebSignIn       = "重新登录"
	WebLoginOver    = "登录没有完成"
	WebLoginOverHow = "这次登录已失效，或不是在这个浏览器里发起的。请点下面的链接重新打开。"
	WebLoginFailed  = "没能认出您"
	WebBye          = "已退出"
	WebByeHow       = "在企业微信里点链接就能再次打开。"
	WebStale        = "页面放得太久了"
	WebForeign      = "这次提交不是从本页面发出的，没有办理。请从首页重新打开。"
	WebStaleHow     = "为了安全，这次没有提交。请复制下面的文字，刷新页面后再填。"
)

// Problems.
const (
	WebDenied       = "这一页不能给您看"
	WebTooLarge     = "文件太大了"
	WebTooLargeHow  = "旧表请控制在10MB以内，导入的表在3MB以内；可以删掉图片后另存一份再传。"
	WebBadForm      = "提交的内容不完整"
	WebBadFormHow   = "请返回上一页，刷新后再试一次。"
	WebNotFound     = "没有这一页"
	WebNotFoundHow  = "链接可能已失效。回首页看看等您办的事，或在企业微信里回“待办”。"
	WebNotDone      = "这次没有办成"
	WebBroken       = "系统忙，请稍后再试"
	WebBrokenHow    = "这次没有保存。过一会儿还不行，请告诉防控办。"
	WebBackHome     = "回首页"
	WebBusy         = "您的上一条消息还在处理"
	WebBusyHow      = "请等几秒再点一次；刚才写的在下面，可以先复制。"
	WebNotYourForm  = "这张表不在您名下。自查表只有本人和当前审核人能看；有疑问请找防控办。"
	WebNotConfirmed = "这张表还没有审定。草稿和审核中的内容只给本人和审核人看，审定以后再来。"
	WebOfficeOnly   = "这一页是防控办用的。需要办理请联系防控办。"
	WebBoardOnly    = "进度看板是防控办和各科室负责人用的。看自己的进度请回首页。"

	WebReviewersOnly  = "代审由审核人本人或防控办设置。"
	WebOwnSectionOnly = "您只能导出本科室（分管科室）的表。"
	WebGradingOnly    = "定级清单由领导小组、防控办和纪检组看。等审定以后，本人可以在自己的表上看到等级。"
	WebNoMeetingYet   = "还没有登记定级会议，或这份材料不由您下载。请在会后由防控办在企业微信里报定级结果。"
)

// What the pages are called.
const (
	WebNavHome     = "首页"
	WebNavReviews  = "待我审核"
	WebNavBoard    = "进度看板"
	WebNavImport   = "导入"
	WebMyCheck     = "我的自查"
	WebRowTitle    = "第%d条"
	WebUpload      = "上传去年的表"
	WebReviewTitle = "审核：%s"
	WebMutual      = "股室集中互查"
	WebDelegate    = "代审与回避"
	WebGrading     = "领导小组定级"
	WebFubiao1     = "个人岗位风险点自查表"
	WebClock       = "1月2日15:04" // a time layout
	WebTotal       = "合计"
)

// One's own form.
const (
	WebRowAdded      = "第%d条已添加。请核对类别、初评和措施。"
	WebRowSaved      = "第%d条已保存。"
	WebRowEmpty      = "请至少写一种表现形式；整条不要了，请用“删掉这条”。"
	WebRowTooMany    = "一条最多写8种表现形式、12条措施，请拆成两条。"
	WebChangedRow    = "这一条刚在别处（聊天或另一台手机）改过，这次没有保存。您写的还在下面，请对照后再保存。"
	WebChangedSubmit = "这张表刚在别处改过，没有提交。请看一遍现在的内容，再点提交。"
	WebPickStep      = "请选一步，或者自己写一步（至少4个字）。"
	WebUploadRead    = "读出%d条，请回到聊天里逐条确认。"
	WebUploadNothing = "没有读出可以用的风险点。含号码、涉密标注或写具体人和事的条目不会读入；请换一份，或直接在聊天里填。"
	WebUploadOwner   = "旧表要由本人上传，因为要在本人的聊天里逐条确认。代填请直接添加。"
	WebNoFile        = "请先选一个文件（docx 或 xlsx）。"
	WebGoOnInChat    = "请回到企业微信聊天里接着答。"
	WebWho           = "责任人"
	WebFrequency     = "频次"
	WebEvidence      = "佐证材料"
	WebNotDoneWhen   = "未落实情形"
	WebSlot          = "%s：%s"
	WebBrackets      = "%s（%s）"
)

// Reviewing.
const (
	WebNothingChosen = "还没有选。请先选再提交。"
	WebPassOrReturn  = "您勾了要退回的条目，却点了同意。要同意请先取消勾选；要退回请点“退回勾选的”。"
	WebMeetingInChat = "这一步由会议决定。请回到聊天里告诉我会议日期和主持人，登记后才算通过。"
	WebOutFirst      = "一级"
	WebOutDiffers    = "与系统初评不同"
	WebOutUneven     = "同一环节等级不一"
	WebOutObjection  = "本人有意见"
	WebOutHints      = "有质检提示"

	WebDelegateFields = "请选代审人，并填好起止日期。"
)

// The office's pages.
const (
	WebPaperMarked  = "已转为代填，不再催本人。请把纸质表录入这里。"
	WebPaperAsked   = "已请本人在企业微信里确认。"
	WebPaperScanned = "已按签字扫描件提交，进入审核。"
	WebWhySign      = "签字盖章"
	WebWhyMeeting   = "会议材料"
	WebWhyFile      = "归档"
	WebWhyReport    = "上报"

	WebImportRoster        = "花名册"
	WebImportRosterWhat    = "人员、岗位、角色、分管科室"
	WebImportCatalogue     = "职权目录"
	WebImportCatalogueWhat = "职权事项、环节、依据、期限"
	WebImportPoints        = "往年风险点"
	WebImportPointsWhat    = "去年的风险点和措施，供本人沿用"
	WebSheetTooLarge       = "这张表超过3MB。请删掉图片和多余的工作表后再传，或由管理员用命令导入。"
	WebAdded               = "新增"
	WebAltered             = "修改"
	WebMoved               = "调整"
	WebGone                = "离开"
	WebKept                = "不变"
)

// Where a form stands, on the board.
const (
	WebStateDraft     = "填报中"
	WebStateNotBegun  = "未开始"
	WebStateSubmitted = "刚提交"
	WebStateMutual    = "待互查"
	WebStateSection   = "待初审"
	WebStateReturned  = "已退回"
	WebStateLeader    = "待领导审核"
	WebStateGrading   = "待定级"
	WebStateConfirmed = "已审定"
	WebStateOffline   = "线下填报"
)
