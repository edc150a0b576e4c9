"""Korean words and their English: what a question in Korean shares with a passage in English.

The two have no letter in common. But many nouns of computing and of business have one usual English word, and
many are English by their sound: 데이터베이스 is "database". A search looks for both.
"""

import re
from collections.abc import Iterator

__all__ = ["english_of"]

_TABLE = """
가격 price, 가드레일 guardrail, 가상머신 virtual machine, 가이드 guide, 가입 sign up, 감사 audit,
값 value, 개발자 developer, 개인정보 personal data privacy, 검색 search, 검증 validation, 게스트 guest,
게이트웨이 gateway, 결과 result, 결제 payment, 계약 contract, 계정 account, 고객 customer,
공급자 provider, 공지 notice, 관리자 administrator admin, 광고 advertising, 교육 training,
교환 exchange, 구독 subscription, 구매 purchase, 권한 permission, 규칙 rule, 그라파나 grafana,
그래프 graph, 그룹 group, 근무 work, 금액 amount, 급여 salary, 기능 feature, 기록 record log, 날짜 date,
내보내기 export, 네트워크 network, 노동 labor, 노드 node, 노트 note, 논문 paper, 뉴스 news,
다운로드 download, 다이어그램 diagram, 답변 answer, 대시보드 dashboard, 대출 loan, 대화 conversation,
데모 demo, 데스크톱 desktop, 데이터 data, 데이터베이스 database, 도구 tool, 도메인 domain, 도커 docker,
도큐먼트 document, 동기화 synchronization, 드라이버 driver, 드라이브 drive, 등록 registration,
디렉터리 directory, 디렉토리 directory, 디버그 debug, 디스크 disk, 디자인 design, 디지털 digital,
라벨 label, 라우터 router, 라우팅 routing, 라이브러리 library, 라이선스 license, 라이센스 license,
램 ram, 레디스 redis, 레벨 level, 레이블 label, 레지스트리 registry, 레코드 record, 로그 log,
로그아웃 logout, 로그인 login, 로드 load, 로딩 loading, 로컬 local, 롤백 rollback, 루프 loop,
리눅스 linux, 리더 leader, 리디렉션 redirect, 리밋 limit, 리버스 reverse, 리뷰 review, 리소스 resource,
리스 lease, 리스트 list, 리전 region, 리트라이 retry, 리포트 report, 릴리스 release, 링크 link,
마스터 master, 마이그레이션 migration, 마케팅 marketing, 매뉴얼 manual, 매니저 manager, 머신 machine,
멀티 multi, 메뉴 menu, 메모리 memory, 메시지 message, 메일 mail, 메타데이터 metadata, 메트릭 metric,
멤버 member, 명령 command, 명령줄 command line, 모니터 monitor, 모니터링 monitoring, 모델 model,
모듈 module, 모드 mode, 모바일 mobile, 목록 list, 목차 contents, 문서 document, 문제 problem,
바이러스 virus, 바이트 byte, 반복 loop iteration, 반품 return, 발송 shipping, 방문자 visitor,
배송 delivery shipping, 배열 array, 배치 batch, 배터리 battery, 배포 deployment, 백업 backup,
백엔드 backend, 버그 bug, 버전 version, 버킷 bucket, 버튼 button, 버퍼 buffer, 벡터 vector, 벤더 vendor,
벤치마크 benchmark, 변수 variable, 병렬 parallel, 보고서 report, 보관 retention, 보안 security,
보증 warranty, 보험 insurance, 복구 recovery, 복원 restore, 부서 department, 북마크 bookmark,
분기 branch quarter, 분류 classification, 뷰 view, 브라우저 browser, 브랜치 branch, 브리지 bridge,
블로그 blog, 블록 block, 블루투스 bluetooth, 비디오 video, 비밀 secret, 비밀번호 password, 비용 cost,
비즈니스 business, 빌드 build, 사용량 usage, 사용자 user, 사이즈 size, 사이트 site, 사진 photo,
삭제 delete, 상태 status state, 상품 product, 색인 index, 샌드박스 sandbox, 샘플 sample, 생성 create,
서명 signature, 서버 server, 서브넷 subnet, 서브플로 subflow, 서비스 service, 설명서 manual,
설정 setting configuration, 설치 installation, 성능 performance, 세금 tax, 세션 session, 센서 sensor,
셀 cell, 셸 shell, 소스 source, 소켓 socket, 소프트웨어 software, 속도 speed, 속성 attribute property,
송장 invoice, 수신 receive, 수정 edit change, 쉘 shell, 슈퍼바이저 supervisor, 스냅샷 snapshot,
스레드 thread, 스위치 switch, 스캔 scan, 스케줄 schedule, 스케줄러 scheduler, 스크린샷 screenshot,
스크립트 script, 스키마 schema, 스타일 style, 스택 stack, 스토리지 storage, 스트리밍 streaming,
스트림 stream, 스팸 spam, 승인 approval, 시간 time hour, 시나리오 scenario, 시뮬레이션 simulation,
시스템 system, 시작 start, 시크릿 secret, 시트 sheet, 시험 test, 신고 report, 실패 failure,
실행 run execution, 아이디 id, 아이콘 icon, 아이템 item, 아카이브 archive, 아키텍처 architecture,
안전 safety, 알고리즘 algorithm, 알림 notification, 암호 password, 암호화 encryption,
애플리케이션 application, 액세스 access, 앱 app, 어댑터 adapter, 어드민 admin, 언어 language,
업그레이드 upgrade, 업데이트 update, 업로드 upload, 업무 work, 에디터 editor, 에러 error,
에이전트 agent, 엑셀 excel, 엔드포인트 endpoint, 엔진 engine, 엔진엑스 nginx, 엔터프라이즈 enterprise,
역할 role, 연결 connection, 연락처 contact, 연차 annual leave, 영수증 receipt, 예산 budget,
예약 reservation, 예외 exception, 예제 example, 오디오 audio, 오류 error, 오프라인 offline,
오프셋 offset, 오픈소스 open source, 온라인 online, 옵션 option, 와이파이 wifi, 요금 fee price,
요약 summary, 요청 request, 용량 capacity size, 우편 mail, 워커 worker, 워크스페이스 workspace,
워크플로 workflow, 워크플로우 workflow, 원격 remote, 웹 web, 웹사이트 website, 웹소켓 websocket,
웹페이지 web page, 웹훅 webhook, 위젯 widget, 위험 risk, 윈도우 windows, 유니코드 unicode, 유저 user,
유출 leak, 은행 bank, 응답 response, 의료 medical, 이름 name, 이메일 email, 이미지 image, 이벤트 event,
이슈 issue, 이터레이션 iteration, 인덱스 index, 인사 personnel, 인쇄 print, 인스턴스 instance,
인젝션 injection, 인증 authentication, 인증서 certificate, 인터넷 internet, 인터페이스 interface,
일정 schedule, 임베드 embed, 임베딩 embedding, 입력 input, 자격 qualification, 자동 automatic,
자바스크립트 javascript, 작업 job task, 잡 job, 장애 failure outage, 장치 device, 재고 stock inventory,
재시도 retry, 저장 store save, 전송 transfer, 전화 phone, 접근 access, 정책 policy, 제이슨 json,
제품 product, 제한 limit, 조건 condition, 조인 join, 조직 organization, 종료 exit end, 주문 order,
주소 address, 중단 stop interruption, 지연 delay, 지원 support, 직원 employee, 질문 question,
차단 block, 차트 chart, 채널 channel, 채팅 chat, 챗 chat, 챗봇 chatbot, 챗플로 chatflow,
챗플로우 chatflow, 청구 billing, 청크 chunk, 체인 chain, 체크섬 checksum, 체크포인트 checkpoint,
출력 output, 출장 business trip, 충돌 conflict crash, 취소 cancel, 측정 measurement, 카드 card,
카메라 camera, 카운터 counter, 카테고리 category, 캐시 cache, 캘린더 calendar, 캠페인 campaign,
커넥션 connection, 커맨드 command, 커밋 commit, 컨테이너 container, 컨텍스트 context, 컴파일러 compiler,
컴퓨터 computer, 코드 code, 코어 core, 콘솔 console, 콘텐츠 content, 콜백 callback,
쿠버네티스 kubernetes, 쿠키 cookie, 쿠폰 coupon, 쿼리 query, 쿼터 quota, 큐 queue, 클라우드 cloud,
클라이언트 client, 클래스 class, 클러스터 cluster, 클릭 click, 키 key, 키보드 keyboard, 키워드 keyword,
타임스탬프 timestamp, 타임아웃 timeout, 타입 type, 타입스크립트 typescript, 태그 tag, 태스크 task,
터미널 terminal, 테넌트 tenant, 테마 theme, 테스트 test, 테이블 table, 텍스트 text, 템플릿 template,
토큰 token, 토픽 topic, 통계 statistics, 통화 currency call, 퇴사 resignation, 투표 vote, 툴 tool,
튜토리얼 tutorial, 트래픽 traffic, 트랜잭션 transaction, 트리 tree, 트리거 trigger, 티켓 ticket,
팀 team, 파드 pod, 파라미터 parameter, 파서 parser, 파이썬 python, 파이프라인 pipeline, 파일 file,
파티션 partition, 패스워드 password, 패치 patch, 패키지 package, 팩스 fax, 펑션 function, 페이지 page,
편집 edit, 평가 evaluation, 포럼 forum, 포맷 format, 포스트그레스 postgres, 포인트 point, 포털 portal,
포트 port, 폴더 folder, 폼 form, 품질 quality, 프라이버시 privacy, 프레임워크 framework,
프로그램 program, 프로덕션 production, 프로메테우스 prometheus, 프로바이더 provider, 프로세스 process,
프로젝트 project, 프로토콜 protocol, 프로파일 profile, 프로필 profile, 프록시 proxy,
프론트엔드 frontend, 프롬프트 prompt, 프린터 printer, 플랜 plan, 플랫폼 platform, 플러그인 plugin,
플로 flow, 플로우 flow, 피드백 feedback, 픽셀 pixel, 필드 field, 필터 filter, 핑 ping,
하드웨어 hardware, 한도 limit, 할인 discount, 함수 function, 항목 item, 해시 hash, 핸들러 handler,
헤더 header, 형식 format, 호스트 host, 호스팅 hosting, 홈페이지 homepage, 화면 screen, 환경 environment,
환불 refund, 회사 company, 회의 meeting, 훅 hook, 휴가 vacation leave, 흐름 flow
"""
_ENGLISH = {
    korean: english for korean, _, english in (entry.strip().partition(" ") for entry in _TABLE.split(","))
}
_LONGEST = max(map(len, _ENGLISH))
_PARTICLES = frozenset(
    re.findall(
        r"\w+",
        """
        가 과 나 는 도 로 를 만 에 에게 에는 에도 에서 와 으로 은 을 의 이 이나 들 들은 들을 들이 별 용 값
        """,
    )
)


def english_of(run: str) -> Iterator[str]:
    """Yield the English words of a run of Hangul: those it begins with, one after another, longest first.

    A word of one syllable counts if all that follows it is a particle: 키를 is "key", 키우다 is not.
    """
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST, len(run) - at), 0, -1):
            english = _ENGLISH.get(run[at : at + size])
            rest = run[at + size :]
            if english is not None and (size > 1 or not rest or rest in _PARTICLES):
                yield english
                at += size
                break
        else:
            return
